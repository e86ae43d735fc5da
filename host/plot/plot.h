// From a picture to what gnuplot is told, and to the files that it draws.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "host/plot/picture.h"

namespace innate::host {

enum class PictureFormat { svg, png };

/// What gnuplot is told: it draws the picture to its standard output. The same picture gives the same script.
std::string gnuplot_script(const Picture& picture, PictureFormat format);

/// A gnuplot string that means exactly `text`: whatever gnuplot could take for an escape, a macro, a
/// back-tick command or the end of the string is written as an octal escape.
std::string gnuplot_quoted(std::string_view text);

/// Draws one picture of one or several results folders (picture.h) as <output_stem>.svg and
/// <output_stem>.png. Each file is replaced whole or not at all. Throws PlotError, and ResultsError where a
/// file cannot be read or written.
void plot(const std::vector<std::filesystem::path>& folders, const std::filesystem::path& output_stem,
          const AxisChoice& choice = {});

/// The same for whatever `script` tells gnuplot to draw to its standard output; `pixels`: what its last
/// command reads behind it. Characters that no font of this machine has are marks in the PNG; the SVG keeps
/// them, for the fonts of whoever looks at it.
void write_picture(const std::function<std::string(PictureFormat)>& script,
                   const std::filesystem::path& output_stem, const std::string& pixels = "");

}  // namespace innate::host
