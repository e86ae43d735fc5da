#include "host/results/sha256.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <memory>
#include <stdexcept>

namespace innate::host {

Sha256 sha256(std::span<const std::string_view> pieces) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  bool good = context && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1;
  for (const auto piece : pieces) good = good && EVP_DigestUpdate(context.get(), piece.data(), piece.size()) == 1;
  Sha256 digest{};
  good = good && EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) == 1;
  if (!good) throw std::runtime_error("libcrypto cannot compute SHA-256");
  return digest;
}

std::string sha256_hex(std::string_view text) {
  std::string hex;
  for (const auto byte : sha256(std::span(&text, 1))) hex += fmt::format("{:02x}", byte);
  return hex;
}

}  // namespace innate::host
