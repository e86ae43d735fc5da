#include "host/data/sha256.h"

#include <openssl/evp.h>

#include "host/data/data_error.h"

namespace innate::host {
namespace {

std::string digits_of(std::span<const std::uint8_t> bytes) {
  constexpr const char* digits = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : bytes) text.append({digits[byte >> 4], digits[byte & 15]});
  return text;
}

void require(int done) {
  if (!done) throw DataError("libcrypto cannot compute SHA-256 here; check the OpenSSL configuration");
}

}  // namespace

void Sha256::Free::operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  require(context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr));
}

void Sha256::add(std::span<const std::uint8_t> bytes) {
  require(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()));
}

std::string Sha256::hexadecimal() {
  std::uint8_t digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  require(EVP_DigestFinal_ex(context_.get(), digest, &length));
  return digits_of({digest, length});
}

std::string sha256(std::initializer_list<std::span<const std::uint8_t>> parts) {
  Sha256 digest;
  for (const auto part : parts) digest.add(part);
  return digest.hexadecimal();
}

std::string sha256(std::string_view text) {
  return sha256({std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size())});
}

}  // namespace innate::host
