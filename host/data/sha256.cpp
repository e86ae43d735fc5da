#include "host/data/sha256.h"

#include <openssl/evp.h>

#include <memory>

#include "host/data/data_error.h"

namespace innate::host {
namespace {

struct FreeDigest {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

std::string hexadecimal(std::span<const std::uint8_t> bytes) {
  constexpr const char* digits = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : bytes) text.append({digits[byte >> 4], digits[byte & 15]});
  return text;
}

void require(int done) {
  if (!done) throw DataError("libcrypto cannot compute SHA-256 here; check the OpenSSL configuration");
}

}  // namespace

std::string sha256(std::initializer_list<std::span<const std::uint8_t>> parts) {
  const std::unique_ptr<EVP_MD_CTX, FreeDigest> context(EVP_MD_CTX_new());
  require(context && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr));
  for (const auto part : parts) require(EVP_DigestUpdate(context.get(), part.data(), part.size()));
  std::uint8_t digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  require(EVP_DigestFinal_ex(context.get(), digest, &length));
  return hexadecimal({digest, length});
}

}  // namespace innate::host
