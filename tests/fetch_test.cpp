// Fetching published sets, from a server that is as good and as bad as servers are.
#include "host/fetch/fetch.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <set>

#include "host/data/data_error.h"
#include "host/data/load.h"
#include "host/data/sha256.h"
#include "tests/support/http_server.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_data.h"

namespace innate::host {
namespace {

namespace fs = std::filesystem;
using test::HttpReply;
using test::HttpRequest;
using test::HttpServer;
using test::redirect;
using test::serve;
using test::Serving;
using test::status;

std::string contents(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void put(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
}

/// A small set in the form of MNIST, published on a server.
class Fetch : public testing::Test {
 protected:
  static constexpr std::string_view downloads[] = {"train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz",
                                                   "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"};
  static constexpr const char* images = "/home/train-images-idx3-ubyte.gz";

  void SetUp() override {
    for (const char* variable : {"http_proxy", "all_proxy", "ALL_PROXY"})
      unsetenv(variable);  // loopback is near
    test::write_tiny_data(root_ / "plain");
    test::write_tiny_data(root_ / "published", {.gzip = true});
    for (int i = 0; i < 4; ++i) {
      const std::string packed(downloads[i]);
      const std::string bytes = contents(root_ / "plain" / packed.substr(0, packed.size() - 3));
      digests_[i] = sha256({{reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}});
      files_[i] = {digests_[i], bytes.size()};
      bytes_[i] = contents(root_ / "published" / packed);
      server_.on("/home/" + packed, serve(bytes_[i]));
    }
    home_ = server_.url("/home/");
    mirrors_ = {home_};
    options_.folder = root_ / "data/tiny";
    options_.patience = {600, 600};
  }

  KnownSet set() const { return {"tiny", "Tiny", &idx_format(), files_, downloads, mirrors_, ""}; }
  fs::path file(int i = 0) const { return options_.folder / downloads[i]; }
  fs::path part() const { return file().string() + ".part"; }
  const std::string& body() const { return bytes_[0]; }

  void expect_fetched() {
    EXPECT_EQ(fetch(set(), options_), Fetched::done);
    for (int i = 0; i < 4; ++i) EXPECT_EQ(contents(file(i)), bytes_[i]) << downloads[i];
    EXPECT_EQ(std::distance(fs::directory_iterator(options_.folder), fs::directory_iterator()), 4);
    const KnownSet known = set();
    EXPECT_EQ(load(*find_set_in(options_.folder, "tiny", &known), &known).train.count, 600);
  }
  std::string failure() {
    try {
      fetch(set(), options_);
    } catch (const DataError& error) {
      EXPECT_FALSE(fs::exists(file()));
      return error.what();
    }
    return "nothing was thrown";
  }
  void expect_failure(const std::vector<std::string>& parts) {
    const std::string message = failure();
    for (const std::string& text : parts)
      EXPECT_NE(message.find(text), std::string::npos) << text << "\nin: " << message;
  }
  /// Of the first file: where each request for it began.
  std::vector<long long> starts(const std::string& path = images) const {
    std::vector<long long> all;
    for (const HttpRequest& request : server_.requests())
      if (request.path == path) all.push_back(request.from);
    return all;
  }
  /// The same server, by another name.
  std::string mirror(const std::string& name) const { return server_.url("/" + name + "/"); }
  void add_mirror(const std::string& name, test::HttpHandler of_the_first_file) {
    for (int i = 0; i < 4; ++i) server_.on("/" + name + "/" + std::string(downloads[i]), serve(bytes_[i]));
    server_.on("/" + name + "/" + std::string(downloads[0]), std::move(of_the_first_file));
    options_.mirrors.push_back(mirror(name));
  }

  const test::TemporaryFolder temporary_;
  const fs::path root_ = temporary_.path();
  std::string home_, digests_[4], bytes_[4];
  KnownFile files_[4] = {};
  std::vector<std::string_view> mirrors_;
  FetchOptions options_;
  HttpServer server_;
};

// ---- What should happen ----

TEST_F(Fetch, AllFilesOfASet) {
  expect_fetched();
  EXPECT_EQ(server_.requests().size(), 4u);
  EXPECT_EQ(fetch(set(), options_), Fetched::was_there);
  EXPECT_EQ(server_.requests().size(), 4u) << "what is there is not asked for again";
}

TEST_F(Fetch, OnlyWhatIsMissingOrWrong) {
  expect_fetched();
  fs::remove(file(1));
  put(file(2), "damaged");
  expect_fetched();
  EXPECT_EQ(server_.requests().size(), 6u);
}

TEST_F(Fetch, ProgressAndWordsAreGiven) {
  std::string said;
  std::set<std::string> moving;
  options_.say = [&](const std::string& line) { said += line + "\n"; };
  options_.progress = [&](const std::string& name, std::uint64_t done, std::uint64_t total) {
    moving.insert(name);
    EXPECT_LE(done, total);
    if (name == downloads[0]) {
      EXPECT_EQ(total, body().size());
    }
  };
  server_.on(images, [this](const HttpRequest&, HttpReply& reply) {
    reply.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body().size()) + "\r\n\r\n");
    reply.send(body().substr(0, 1000));
    reply.wait(0.3);
    reply.send(body().substr(1000));
  });
  expect_fetched();
  EXPECT_NE(said.find("fetching " + home_ + std::string(downloads[0])), std::string::npos) << said;
  EXPECT_EQ(moving.count(std::string(downloads[0])), 1u);
}

TEST_F(Fetch, AnotherPackingOfTheSameContents) {
  std::string other = body();
  other[4] ^= 1;  // the time in the header of gzip
  server_.on(images, serve(other));
  EXPECT_EQ(fetch(set(), options_), Fetched::done);
  EXPECT_EQ(contents(file()), other);
}

// ---- Mirrors ----

TEST_F(Fetch, MirrorsAreTriedInTurnAndTheGivenOnesFirst) {
  for (const char* code : {"404 Not Found", "500 Internal Server Error", "403 Forbidden"})
    add_mirror(std::string(code, 3), status(code));
  add_mirror("good", serve(body()));
  expect_fetched();
  EXPECT_EQ(starts("/404/train-images-idx3-ubyte.gz").size(), 1u);
  EXPECT_EQ(starts("/good/train-images-idx3-ubyte.gz").size(), 1u);
  EXPECT_TRUE(starts().empty()) << "the home was not needed";
}

TEST_F(Fetch, AMirrorMayHaveAFolderForEachSet) {
  for (int i = 0; i < 4; ++i) server_.on("/lab/tiny/" + std::string(downloads[i]), serve(bytes_[i]));
  options_.mirrors = {server_.url("/lab")};  // with or without a slash
  mirrors_.clear();
  expect_fetched();
}

TEST_F(Fetch, EveryMirrorAndItsAnswerIsNamed) {
  add_mirror("none", status("404 Not Found"));
  options_.mirrors.push_back("http://127.0.0.1:1/");  // nobody listens there
  server_.on(images, status("500 Internal Server Error"));
  expect_failure({"Cannot fetch train-images-idx3-ubyte.gz of tiny", mirror("none"), "404 Not Found",
                  mirror("none") + "tiny/", "http://127.0.0.1:1/", "Failed to connect", home_,
                  "500 Internal Server Error"});
  EXPECT_FALSE(fs::exists(options_.folder)) << "nothing came";
}

// ---- Connections that break ----

TEST_F(Fetch, GoesOnWhereTheServerBreaksOff) {
  const std::size_t piece = body().size() / 3 + 1;
  server_.on(images, serve(body(), {.at_most = piece}));
  expect_fetched();
  const auto p = static_cast<long long>(piece);
  EXPECT_EQ(starts(), (std::vector<long long>{-1, p, 2 * p}));
}

TEST_F(Fetch, ABrokenPartStaysAndIsUsedLater) {
  server_.on(images, serve(body(), {.at_most = 100}));
  expect_failure({"breaks off after 500 of " + std::to_string(body().size()) + " bytes", part().string(),
                  "the same command goes on"});
  EXPECT_EQ(contents(part()), body().substr(0, 500));
  server_.on(images, serve(body()));
  expect_fetched();
  EXPECT_EQ(starts().back(), 500);
}

TEST_F(Fetch, AnotherMirrorGoesOnWithThePart) {
  const std::size_t half = body().size() / 2;
  add_mirror("cuts", [this, half](const HttpRequest& request, HttpReply& reply) {
    if (request.from < 0) serve(body(), {.at_most = half})(request, reply);
  });
  expect_fetched();
  EXPECT_EQ(starts(), std::vector<long long>{static_cast<long long>(half)});
}

TEST_F(Fetch, AServerThatBreaksOffWithoutABodyIsLeft) {
  server_.on(images, [](const HttpRequest&, HttpReply&) {});
  expect_failure({home_, "breaks off after 0 bytes"});
  EXPECT_EQ(starts().size(), 1u);
}

TEST_F(Fetch, AStallEndsInTime) {
  server_.on(images, serve(body(), {.at_most = 1000, .then_wait = 1200}));
  options_.patience.stall_seconds = 2;
  expect_failure(
      {home_, "stalls after 1000 of " + std::to_string(body().size()) + " bytes", part().string()});
  EXPECT_EQ(starts().size(), 1u) << "another mirror may be faster";
  EXPECT_EQ(contents(part()), body().substr(0, 1000));
}

TEST_F(Fetch, AServerThatNeverAnswersIsLeft) {
  add_mirror("silent", [](const HttpRequest&, HttpReply& reply) { reply.wait(1200); });
  options_.patience.stall_seconds = 2;
  expect_fetched();
  EXPECT_EQ(starts().size(), 1u);
}

// ---- Ranges ----

TEST_F(Fetch, AServerThatIgnoresRangesSendsTheWhole) {
  put(part(), "rubbish of another day");
  server_.on(images, serve(body(), {.ranges = false}));
  expect_fetched();
  EXPECT_EQ(starts(), std::vector<long long>{22});
}

TEST_F(Fetch, APartThatIsWholeAlready) {
  put(part(), body());
  expect_fetched();
  EXPECT_EQ(starts(), std::vector<long long>{static_cast<long long>(body().size())}) << "answered with 416";
}

TEST_F(Fetch, APartThatIsTooLong) {
  put(part(), body() + body());
  expect_fetched();
  EXPECT_EQ(starts().back(), -1) << "from the beginning, in the end";
}

TEST_F(Fetch, APartOfAnotherFileIsFetchedAnew) {
  put(part(), std::string(500, 'x'));  // as if the file had changed since
  expect_fetched();
  EXPECT_EQ(starts(), (std::vector<long long>{500, -1}));
}

TEST_F(Fetch, ARangeThatWasNotAskedForIsNotTaken) {
  put(part(), body().substr(0, 500));
  server_.on(images, [this](const HttpRequest& request, HttpReply& reply) {
    if (request.from < 0) return serve(body())(request, reply);
    reply.send("HTTP/1.1 206 Partial Content\r\nContent-Length: 10\r\nContent-Range: bytes 0-9/" +
               std::to_string(body().size()) + "\r\n\r\n" + body().substr(0, 10));
  });
  expect_fetched();
  EXPECT_EQ(starts(), (std::vector<long long>{500, -1}));
}

// ---- Contents ----

TEST_F(Fetch, WrongContentsNeverGetTheName) {
  for (const std::size_t at : {std::size_t{0}, std::size_t{5000}, body().size() - 6, body().size() - 1}) {
    std::string corrupt = body();
    corrupt[at] = static_cast<char>(corrupt[at] ^ 0x10);
    server_.on(images, serve(corrupt));
    expect_failure({home_, "wrong contents"});
    EXPECT_FALSE(fs::exists(part())) << "what is wrong is not gone on with";
  }
  server_.on(images, serve(bytes_[2]));
  expect_failure({"the SHA-256 of train-images-idx3-ubyte is", digests_[2], "not " + digests_[0]});
  server_.on(images, serve("<html>Log in to this network</html>"));
  expect_failure({"train-images-idx3-ubyte.gz: found an HTML page", "log-in page"});
  server_.on(images, serve(""));
  expect_failure({"an empty file (0 bytes)"});
}

TEST_F(Fetch, AfterWrongContentsTheNextMirrorIsTried) {
  std::string corrupt = body();
  corrupt[5000] ^= 1;
  add_mirror("corrupt", serve(corrupt));
  expect_fetched();
  EXPECT_EQ(starts(), std::vector<long long>{-1}) << "from the beginning";
}

TEST_F(Fetch, APlainFileInFrontIsNamed) {
  put(options_.folder / "train-images-idx3-ubyte", "mine");
  try {
    fetch(set(), options_);
    FAIL();
  } catch (const DataError& error) {
    EXPECT_NE(std::string(error.what()).find((options_.folder / "train-images-idx3-ubyte").string()),
              std::string::npos)
        << error.what();
  }
  EXPECT_EQ(contents(options_.folder / "train-images-idx3-ubyte"), "mine");
}

// ---- Redirects ----

TEST_F(Fetch, RedirectsAreFollowed) {
  server_.on(images, redirect("/a"));
  server_.on("/a", redirect(server_.url("/b")));
  server_.on("/b", serve(body(), {.at_most = body().size() / 2 + 1}));
  expect_fetched();
  EXPECT_EQ(starts("/b").size(), 2u);
}

TEST_F(Fetch, RedirectsEnd) {
  server_.on(images, redirect(images));
  expect_failure({home_, "redirects"});
  EXPECT_LE(starts().size(), 12u);
}

TEST_F(Fetch, RedirectsStayWithHttp) {
  const fs::path secret = root_ / "secret.gz";
  put(secret, body());
  for (const std::string& location : {"file://" + secret.string(), std::string("ftp://127.0.0.1/x")}) {
    server_.on(images, redirect(location));
    expect_failure({home_, "Protocol"});
  }
}

// ---- This side ----

TEST_F(Fetch, AnInterruptLeavesAPart) {
  server_.on(images, serve(body(), {.at_most = 1000, .then_wait = 1200}));
  options_.stop = [&] { return fs::exists(part()) && fs::file_size(part()) == 1000; };
  EXPECT_EQ(fetch(set(), options_), Fetched::interrupted);
  EXPECT_EQ(contents(part()), body().substr(0, 1000));
  options_.stop = nullptr;
  server_.on(images, serve(body()));
  expect_fetched();
  EXPECT_EQ(starts(), (std::vector<long long>{-1, 1000}));
}

TEST_F(Fetch, AFolderThatCannotBeMade) {
  put(root_ / "data", "a file");
  expect_failure({(root_ / "data/tiny").string(), "cannot make the folder", "--to"});
}

TEST_F(Fetch, AFolderThatCannotBeWritten) {
  fs::create_directories(part());  // stands in the way, also of root
  expect_failure({part().string(), "cannot create it", "directory", "--to"});
}

TEST_F(Fetch, AFullDisk) {
  rlimit usual = {};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &usual), 0);
  const rlimit small = {2000, usual.rlim_max};
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &small);
  const std::string message = failure();
  setrlimit(RLIMIT_FSIZE, &usual);
  std::signal(SIGXFSZ, handler);
  for (const std::string& text : {part().string(), std::string("cannot write it"), std::string("make room")})
    EXPECT_NE(message.find(text), std::string::npos) << message;
  EXPECT_EQ(contents(part()), body().substr(0, 2000));
  expect_fetched();
  EXPECT_EQ(starts().back(), 2000);
}

TEST_F(Fetch, OneProcessAtATime) {
  put(part(), "");
  const int other = open(part().c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_EQ(flock(other, LOCK_EX), 0);
  expect_failure({part().string(), "another process is fetching this file"});
  close(other);
  expect_fetched();
}

}  // namespace
}  // namespace innate::host
