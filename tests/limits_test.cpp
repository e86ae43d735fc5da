// What the machine and whoever set it up allow: control groups, threads, memory, numbers of the command line,
// and what errors of the system advise.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cerrno>
#include <fstream>
#include <system_error>

#include "host/command/machine.h"
#include "host/command/process.h"
#include "host/results/file.h"
#include "host/results/text.h"
#include "tests/support/command.h"

namespace innate::host {
namespace {

namespace fs = std::filesystem;

class Groups : public testing::Test {
 protected:
  void put(const std::string& file, const std::string& text) {
    fs::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text;
  }
  double cpus(const std::string& groups) const { return ControlGroups{root_, groups}.cpus(); }
  std::size_t memory(const std::string& groups) const { return ControlGroups{root_, groups}.memory(); }

  const test::TemporaryFolder temporary_;
  const fs::path root_ = temporary_.path();
};

TEST_F(Groups, WithoutAnyThereIsNoLimit) {
  EXPECT_EQ(cpus(""), 0);
  EXPECT_EQ(memory(""), SIZE_MAX);
  EXPECT_EQ(cpus("0::/user.slice\n7:cpu,cpuacct:/a\n4:memory:/b\nnonsense\n:\n"), 0);
  EXPECT_EQ(memory("0::/user.slice\n4:memory:/b\n"), SIZE_MAX);
}

TEST_F(Groups, OfVersion2LimitFromTheInnermostToTheRoot) {
  put("a/b/cpu.max", "max 100000\n");
  put("a/cpu.max", "150000 100000\n");
  put("cpu.max", "400000 100000\n");
  EXPECT_EQ(cpus("0::/a/b\n"), 1.5);
  EXPECT_EQ(cpus("0::/\n"), 4);
  EXPECT_EQ(cpus("0::/of/the/host\n"), 4) << "as in a container";
  EXPECT_EQ(cpus("0::/../..\n"), 4) << "as seen from another namespace";
  put("a/memory.max", "1000\n");
  put("a/memory.current", "900\n");
  put("a/memory.stat", "anon 1\ninactive_file 300\n");
  put("a/b/memory.max", "max\n");
  EXPECT_EQ(memory("0::/a/b\n"), 400u);
  EXPECT_EQ(memory("0::/other\n"), SIZE_MAX);
  put("a/memory.current", "2000\n");
  EXPECT_EQ(memory("0::/a/b\n"), 300u) << "over its limit, of which some is cache";
}

TEST_F(Groups, OfVersion1LimitBelowTheRootToo) {
  put("cpu,cpuacct/a/b/cpu.cfs_quota_us", "50000\n");
  put("cpu,cpuacct/a/b/cpu.cfs_period_us", "100000\n");
  put("cpu,cpuacct/a/cpu.cfs_quota_us", "-1\n");
  put("cpu,cpuacct/a/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(cpus("9:memory:/a/b\n7:cpu,cpuacct:/a/b\n"), 0.5);
  EXPECT_EQ(cpus("7:cpu,cpuacct:/a\n"), 0);
  EXPECT_EQ(cpus("7:cpuset:/a/b\n6:cpuacct:/a/b\n"), 0) << "another controller's group";
  fs::rename(root_ / "cpu,cpuacct", root_ / "cpu");
  EXPECT_EQ(cpus("7:cpu,cpuacct:/a/b\n"), 0.5) << "mounted as cpu";
  EXPECT_EQ(cpus("7:cpu:/a/b\n"), 0.5);
  put("memory/a/memory.limit_in_bytes", "5000\n");
  put("memory/a/memory.usage_in_bytes", "1000\n");
  EXPECT_EQ(memory("4:memory:/a/b\n"), 4000u);
}

TEST_F(Groups, OfBothVersionsTheTightestCounts) {
  put("unified/a/cpu.max", "300000 100000\n");
  put("cpu/a/cpu.cfs_quota_us", "200000\n");
  put("cpu/a/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(cpus("1:cpu:/a\n0::/a\n"), 2);
  EXPECT_EQ(cpus("0::/a\n"), 3);
}

TEST(Decimal, IsDigitsAndNothingElse) {
  EXPECT_EQ(parse_decimal("0", 9), 0u);
  EXPECT_EQ(parse_decimal("120", 120), 120u);
  EXPECT_EQ(parse_decimal("18446744073709551615", UINT64_MAX), UINT64_MAX);
  for (const char* wrong : {"", " ", " 3", "3 ", "+3", "-3", "-0", "010", "00", "0x10", "1e3", "1_000",
                            "1'000", "3.0", "three", "18446744073709551616"})
    EXPECT_EQ(parse_decimal(wrong, UINT64_MAX), std::nullopt) << wrong;
  EXPECT_EQ(parse_decimal("121", 120), std::nullopt);
  EXPECT_EQ(parse_decimal(std::string_view("1\0", 2), 120), std::nullopt);
}

TEST(Memory, IsReadAsDecimal) {
  EXPECT_EQ(parse_bytes("1"), 1u);
  EXPECT_EQ(parse_bytes("800M"), 800u << 20);
  EXPECT_EQ(parse_bytes("2.5G"), std::size_t{5} << 29);
  EXPECT_EQ(parse_bytes("0.5K"), 512u);
  for (const char* wrong :
       {"",     "0",   "0.0G", "0.5",    "-1",   "+1G", " 1G", "1G ", "1 G", "1e3", "0x10", "010M",
        "1_0M", ".5G", "5.G",  "1.2.3G", "1,5G", "G",   "GG",  "1GB", "1g",  "inf", "nan",  "9999999T"})
    EXPECT_THROW(parse_bytes(wrong), UsageError) << wrong;
}

/// In a process of its own, since a limit cannot be raised again.
TEST(Memory, OfALimitOfAddressesIsWhatIsLeftOfIt) {
  const auto end = [] {
    std::size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    constexpr std::size_t more = 64 << 20;
    const rlimit limits{pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) + more, RLIM_INFINITY};
    if (setrlimit(RLIMIT_AS, &limits) != 0) std::_Exit(2);
    const std::size_t left = memory_to_use(Context::cpu(1), 0);
    std::_Exit(left > more / 2 && left <= more ? 0 : 1);
  };
  EXPECT_EXIT(end(), testing::ExitedWithCode(0), "");
}

TEST(FileErrors, SayWhatToDo) {
  for (const int error : {ENOSPC, EDQUOT,    EFBIG, EACCES,       EPERM,  EROFS,      ENOENT, EEXIST, ENOTDIR,
                          EISDIR, ENOTEMPTY, ELOOP, ENAMETOOLONG, EINVAL, EXDEV,      EMLINK, EMFILE, ENFILE,
                          ENOMEM, EBUSY,     EIO,   ESTALE,       ENOLCK, EOPNOTSUPP, 9999}) {
    const std::string text = file_error("/tmp/x", "write it", error);
    EXPECT_EQ(text.rfind("/tmp/x: cannot write it: ", 0), 0u) << text;
    const std::string system = std::generic_category().message(error) + "; ";
    ASSERT_EQ(text.find(system), sizeof "/tmp/x: cannot write it: " - 1) << text;
    const std::string advice = text.substr(text.find(system) + system.size());
    EXPECT_GT(advice.size(), 15u) << text;
    EXPECT_EQ(advice.rfind("choose another folder, or ask who", 0) == 0, error == 9999) << text;
  }
  EXPECT_NE(file_error("x", "write it", EDQUOT, 500).find("500 bytes were needed: your quota"),
            std::string::npos);
  EXPECT_NE(file_error("x", "write it", ENOSPC, 500).find("500 bytes were needed and "), std::string::npos);
}

}  // namespace
}  // namespace innate::host
