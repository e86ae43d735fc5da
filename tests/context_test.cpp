// Contexts and buffers (innate/kernels/context.h), and the guards that the tests rely on.
#include "innate/kernels/context.h"

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <thread>

#include "tests/support/backends.h"
#include "tests/support/compare.h"

namespace innate::test {
namespace {

class Contexts : public testing::TestWithParam<On<NoCase>> {
 protected:
  Backend backend() const { return GetParam().backend; }
};
INSTANTIATE_TEST_SUITE_P(, Contexts, testing::ValuesIn(each_backend()), OnName());

TEST_P(Contexts, SayWhatTheyAre) {
  INNATE_SKIP_WITHOUT(backend());
  TestContext made(backend());
  const Context& context = made.context;
  EXPECT_EQ(context.backend(), backend());
  if (backend() == Backend::cpu) {
    EXPECT_GE(context.threads(), 1);
    EXPECT_EQ(context.device(), -1);
    EXPECT_EQ(context.stream(), nullptr);
    EXPECT_EQ(context.description().rfind("CPU, " + std::to_string(context.threads()) + " thread", 0), 0u)
        << context.description();
  } else {
    EXPECT_EQ(context.threads(), 1);
    EXPECT_EQ(context.device(), 0);
    EXPECT_NE(context.stream(), nullptr);
    const auto devices = cuda_devices();
    ASSERT_FALSE(devices.empty());
    EXPECT_EQ(context.description(), "CUDA 0: " + devices[0].name);
    EXPECT_GT(devices[0].memory, 0u);
    EXPECT_GT(devices[0].multiprocessors, 0);
  }
}

TEST_P(Contexts, MoveBytesAbout) {
  INNATE_SKIP_WITHOUT(backend());
  TestContext made(backend());
  Context& context = made;
  std::vector<uint8_t> bytes(1003), back(1003, 1);
  std::iota(bytes.begin(), bytes.end(), uint8_t{7});
  Buffer<uint8_t> first(context, bytes), second = Buffer<uint8_t>::of_size(context, 1003);
  EXPECT_EQ(first.download(), bytes);
  context.copy(second.data(), first.data(), 1003);
  EXPECT_EQ(second.download(), bytes);
  context.clear(second.data() + 1, 1001);
  context.download(back.data(), second.data(), 1003);
  EXPECT_EQ(back[0], bytes[0]);
  EXPECT_EQ(back[1002], bytes[1002]);
  EXPECT_EQ(std::count(back.begin() + 1, back.end() - 1, uint8_t{0}), 1001);
  context.upload(first.data() + 3, back.data() + 1, 2);
  EXPECT_EQ(first.download()[3], 0);
  EXPECT_EQ(first.download()[5], bytes[5]);
  context.upload(nullptr, nullptr, 0);
  context.download(nullptr, nullptr, 0);
  context.copy(nullptr, nullptr, 0);
  context.clear(nullptr, 0);
  context.synchronize();
}

TEST_P(Contexts, OwnBuffersThatMove) {
  INNATE_SKIP_WITHOUT(backend());
  TestContext made(backend());
  Context& context = made;
  Buffer<int64_t> buffer(context, std::vector<int64_t>{1, -2, 3});
  EXPECT_EQ(buffer.size(), 3u);
  EXPECT_EQ(buffer.bytes(), 24u);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer.data()) % 256, 0u);
  const int64_t* data = buffer.data();
  Buffer<int64_t> moved = std::move(buffer);
  EXPECT_EQ(moved.data(), data);
  EXPECT_EQ(moved.download(), (std::vector<int64_t>{1, -2, 3}));
  Buffer<int64_t> empty = Buffer<int64_t>::of_size(context, 0), none;
  EXPECT_EQ(empty.data(), nullptr);
  EXPECT_TRUE(empty.download().empty());
  EXPECT_TRUE(none.download().empty());
  EXPECT_EQ(error_of([&] { moved.upload({1, 2}); }), "upload of 2 elements to a buffer of 3");
  EXPECT_EQ(moved.download(), (std::vector<int64_t>{1, -2, 3}));
  moved.clear();
  EXPECT_EQ(moved.download(), (std::vector<int64_t>{0, 0, 0}));
  moved = Buffer<int64_t>::of_size(context, 1);  // frees the old block, or the guards would report it
}

TEST_P(Contexts, LeaveBuffersThatOutliveThem) {
  INNATE_SKIP_WITHOUT(backend());
  Buffer<uint64_t> buffer;
  {
    Context context = backend() == Backend::cpu ? Context::cpu(1) : Context::cuda();
    buffer = Buffer<uint64_t>(context, {7});
    context = Context::cpu(1);
  }
  EXPECT_EQ(buffer.download(), std::vector<uint64_t>{7}) << "a list is what a buffer holds, not its size";
  buffer.upload({8});
  EXPECT_EQ(buffer.download(), std::vector<uint64_t>{8});
}

TEST_P(Contexts, OwnBuffersThatAreViews) {
  INNATE_SKIP_WITHOUT(backend());
  TestContext made(backend());
  const Buffer<float> buffer(made.context, {1, 2, 3, 4, 5, 6});
  const Ragged<float> one = buffer;
  const Ragged<const float> read = buffer, three = buffer.view(3);
  EXPECT_EQ(one.data, buffer.data());
  EXPECT_EQ(read[1], buffer.data()) << "one array for all";
  EXPECT_EQ(three[2], buffer.data() + 4);
  EXPECT_EQ(error_of([&] { buffer.view(4); }), "a buffer of 6 elements is not 4 equal arrays");
  const Context other = made.context.another();
  EXPECT_EQ(&other.memory(), &made.memory);
}

TEST_P(Contexts, MoveWithTheirState) {
  INNATE_SKIP_WITHOUT(backend());
  Context first = backend() == Backend::cpu ? Context::cpu(2) : Context::cuda();
  Allocator& memory = first.memory();
  std::string said;
  first.set_trace([&](const std::string& line) { said = line; });
  Context second = std::move(first);
  EXPECT_EQ(second.backend(), backend());
  EXPECT_EQ(&second.memory(), &memory);
  EXPECT_TRUE(second.traced());
  second.trace("heard");
  EXPECT_EQ(said, "heard");
  second.set_trace({});
  EXPECT_FALSE(second.traced());
  second.trace("not heard");
  EXPECT_EQ(said, "heard");
}

TEST_P(Contexts, AlignToTwoHundredFiftySixBytes) {
  INNATE_SKIP_WITHOUT(backend());
  Context context = backend() == Backend::cpu ? Context::cpu() : Context::cuda();
  for (const std::size_t bytes : {1, 255, 256, 257, 4099}) {
    void* block = context.memory().allocate(bytes);
    ASSERT_NE(block, nullptr);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % 256, 0u);
    context.memory().deallocate(block, bytes);
  }
}

TEST_P(Contexts, SayHowMuchMemoryTheyCannotGet) {
  INNATE_SKIP_WITHOUT(backend());
  Context context = backend() == Backend::cpu ? Context::cpu() : Context::cuda();
  const std::size_t bytes = std::size_t{1} << 60;
  EXPECT_NE(error_of([&] {
              context.memory().allocate(bytes);
            }).find("cannot allocate " + std::to_string(bytes) + " bytes"),
            std::string::npos);
}

TEST(ContextErrors, NameTheNumbers) {
  EXPECT_EQ(error_of([] { Context::cpu(-2); }), "a context cannot have -2 threads");
  EXPECT_EQ(Context::cpu(5).threads(), 5);
  EXPECT_GE(Context::cpu(0).threads(), 1);
  EXPECT_EQ(Context::cpu(100000).threads(),
            std::max(64, 4 * static_cast<int>(std::thread::hardware_concurrency())));
  EXPECT_NE(Context::cpu(1).description().find("CPU, 1 thread, "), std::string::npos);
  std::string why;
  const std::size_t count = cuda_devices(&why).size();
  if (count == 0) {
    EXPECT_FALSE(why.empty());
    EXPECT_NE(error_of([] { Context::cuda(); }).find(why.substr(0, 4)), std::string::npos);
    EXPECT_NE(error_of([] { Context::cuda(); }), "no error");
  } else {
    EXPECT_EQ(error_of([&] { Context::cuda(static_cast<int>(count)); }),
              "there is no CUDA device " + std::to_string(count) + "; there are " + std::to_string(count) +
                  ", counted from 0");
    EXPECT_NE(error_of([] { Context::cuda(-1); }).find("there is no CUDA device -1"), std::string::npos);
  }
  EXPECT_STREQ(name(Backend::cpu), "cpu");
  EXPECT_STREQ(name(Backend::cuda), "cuda");
}

class Guards : public testing::TestWithParam<On<NoCase>> {
 protected:
  /// What is reported when one byte is written `where` bytes from the start of a block of 400.
  static std::string written_at(Backend backend, std::ptrdiff_t where) {
    TestContext made(backend);
    const auto buffer = Buffer<float>::of_size(made.context, 100);
    unsigned char* at = reinterpret_cast<unsigned char*>(buffer.data()) + where;
    unsigned char before = 0;
    const unsigned char byte = 0x11;
    made.context.download(&before, at, 1);
    made.context.upload(at, &byte, 1);
    testing::TestPartResultArray found;
    {
      const testing::ScopedFakeTestPartResultReporter catcher(
          testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &found);
      made.memory.verify();
    }
    made.context.upload(at, &before, 1);  // or freeing the block would report it again
    return found.size() ? found.GetTestPartResult(0).message() : "nothing";
  }
};
INSTANTIATE_TEST_SUITE_P(, Guards, testing::ValuesIn(each_backend()), OnName());

TEST_P(Guards, ReportTheSideAndTheDistance) {
  INNATE_SKIP_WITHOUT(GetParam().backend);
  const Backend backend = GetParam().backend;
  if (TestContext(backend).memory.bare()) GTEST_SKIP() << "the executor's checker guards memory itself";
  EXPECT_EQ(written_at(backend, 0), "nothing");
  EXPECT_EQ(written_at(backend, 399), "nothing");
  EXPECT_NE(
      written_at(backend, 400 + 3)
          .find(
              "written after a block of 400 bytes: 1 guard bytes changed, the nearest 4 after the last byte"),
      std::string::npos);
  EXPECT_NE(written_at(backend, 400 + 4094).find("the nearest 4095 after"), std::string::npos);
  EXPECT_NE(written_at(backend, -1)
                .find("written before a block of 400 bytes: 1 guard bytes changed, the nearest 1 before the "
                      "first byte"),
            std::string::npos);
  EXPECT_NE(written_at(backend, -4093).find("the nearest 4093 before"), std::string::npos);
}

TEST_P(Guards, FillBlocksWithNans) {
  INNATE_SKIP_WITHOUT(GetParam().backend);
  TestContext made(GetParam().backend);
  if (made.memory.bare()) GTEST_SKIP() << "the executor's checker knows what nobody wrote";
  const auto buffer = Buffer<float>::of_size(made.context, 33);
  for (const float x : buffer.download()) EXPECT_TRUE(std::isnan(x));
}

}  // namespace
}  // namespace innate::test
