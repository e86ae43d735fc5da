// What the first bytes of a file say that it is, for messages about files that are not what their names say.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace innate::host {

constexpr std::uint32_t idx_images_magic = 0x00000803;
constexpr std::uint32_t idx_labels_magic = 0x00000801;

constexpr const char* tar_text = "a tar archive";

struct FileKind {
  std::string what;    // "an HTML page"
  std::string advice;  // to somebody who wanted a file of a data set: "fetch the file again ..."
  enum class Form { idx, text, other, unknown } form = Form::other;
};

constexpr std::size_t kind_bytes = 512;  // as many as kind_of() looks at

/// Never without text: bytes that say nothing are "bytes of no kind that innate knows (they begin with 12 34
/// ...)".
FileKind kind_of(std::span<const std::uint8_t> first);
/// The same of a file that is not packed as the end of its name says; `suffix`: ".gz".
FileKind kind_in_place_of(const std::string& suffix, std::span<const std::uint8_t> first);

/// "0x00000801 (IDX: unsigned bytes, 1 dimension: labels)" for IDX of any type.
std::string describe_idx(std::uint32_t magic);

}  // namespace innate::host
