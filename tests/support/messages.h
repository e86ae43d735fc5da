// What a refusal says.
#pragma once

#include <gtest/gtest.h>
#include <innate/kernels/context.h>

#include <string>
#include <vector>

namespace innate::test {

/// Of the error that the call throws.
template <class Thrown = Error, class Call>
std::string error_of(const Call& call) {
  try {
    call();
  } catch (const Thrown& error) {
    return error.what();
  }
  return "no error";
}

inline void expect_parts(const std::string& text, const std::vector<std::string>& parts) {
  for (const std::string& part : parts)
    EXPECT_NE(text.find(part), std::string::npos) << "'" << part << "' is not in: " << text;
}

}  // namespace innate::test
