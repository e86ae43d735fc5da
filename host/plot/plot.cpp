#include "host/plot/plot.h"

#include <string>

#include "host/plot/error.h"
#include "host/plot/fonts.h"
#include "host/plot/gnuplot.h"
#include "host/plot/picture.h"
#include "host/plot/script.h"
#include "host/results/file.h"

namespace innate::host {
namespace {

std::string drawn(const std::string& script, std::string_view ending) {
  std::string file = run_gnuplot(script);
  if (!file.ends_with(ending))
    throw PlotError("gnuplot wrote a picture that is cut off; is the disk or memory full?");
  return file;
}

std::filesystem::path with_ending(std::filesystem::path stem, const char* ending) { return stem += ending; }

}  // namespace

void write_picture(const std::function<std::string(PictureFormat)>& script,
                   const std::filesystem::path& output_stem, const std::string& pixels) {
  const std::string svg = drawn(script(PictureFormat::svg) + pixels, "</svg>\n\n");
  const std::string png =
      drawn(drawable_text(script(PictureFormat::png)) + pixels, std::string_view("IEND\xAE\x42\x60\x82", 8));
  write_file(with_ending(output_stem, ".svg"), svg);
  write_file(with_ending(output_stem, ".png"), png);
}

void plot(const std::vector<std::filesystem::path>& folders, const std::filesystem::path& output_stem,
          const AxisChoice& choice) {
  const Picture picture = picture_of(folders, choice);
  write_picture([&picture](PictureFormat format) { return gnuplot_script(picture, format); }, output_stem);
}

}  // namespace innate::host
