// SHA-256 through libcrypto.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct evp_md_ctx_st;  // EVP_MD_CTX of OpenSSL

namespace innate::host {

/// A digest that grows. Throws DataError where libcrypto has no SHA-256.
class Sha256 {
 public:
  Sha256();
  void add(std::span<const std::uint8_t> bytes);
  /// 64 digits; ends the digest.
  std::string hexadecimal();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

/// Of the parts one after the other; 64 hexadecimal digits. Throws as above.
std::string sha256(std::initializer_list<std::span<const std::uint8_t>> parts);
std::string sha256(std::string_view text);

}  // namespace innate::host
