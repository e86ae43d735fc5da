#include "host/command/provenance.h"

#include <archive.h>
#include <curl/curl.h>
#include <fmt/core.h>
#include <lzma.h>
#include <openssl/crypto.h>
#include <unistd.h>
#include <zlib.h>

#include <CLI/Version.hpp>
#include <ctime>

#include "innate/kernels/version.h"
#include "innate_build_id.h"

namespace innate::host {

std::string version() { return INNATE_VERSION; }
std::string build_id() { return INNATE_BUILD_ID; }

nlohmann::ordered_json libraries() {
  return {{"compiler", INNATE_COMPILER},
          {"cuda", INNATE_CUDA_VERSION},
          {"highway", INNATE_HIGHWAY_VERSION},
          {"nlohmann_json", fmt::format("{}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR,
                                        NLOHMANN_JSON_VERSION_PATCH)},
          {"fmt", fmt::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100)},
          {"cli11", CLI11_VERSION},
          {"zlib", zlibVersion()},
          {"liblzma", lzma_version_string()},
          {"libarchive", std::string(archive_version_string()).substr(std::string("libarchive ").size())},
          {"openssl", OpenSSL_version(OPENSSL_VERSION_STRING)},
          {"libcurl", curl_version_info(CURLVERSION_NOW)->version}};
}

std::string time_text() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

nlohmann::ordered_json provenance(const std::vector<std::string>& command_line, const Context& context) {
  char host[256] = "";
  gethostname(host, sizeof host - 1);
  return {{"version", version()},
          {"build", build_id()},
          {"command_line", command_line},
          {"host", host},
          {"device", context.description()},
          {"libraries", libraries()}};
}

}  // namespace innate::host
