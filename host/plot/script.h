#pragma once

#include <string>
#include <string_view>

#include "host/plot/picture.h"

namespace innate::host {

enum class PictureFormat { svg, png };

/// What gnuplot is told: it draws the picture to its standard output. The same picture gives the same script.
std::string gnuplot_script(const Picture& picture, PictureFormat format);

/// A gnuplot string that means exactly `text`: whatever gnuplot could take for an escape, a macro, a
/// back-tick command or the end of the string is written as an octal escape.
std::string gnuplot_quoted(std::string_view text);

}  // namespace innate::host
