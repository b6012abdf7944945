#pragma once

#include <cstdint>
#include <vector>

#include "sim/quantize/integer_format.hpp"
#include "sim/quantize/scheme.hpp"

namespace systole::quantize {

/// The real numbers that a tensor took: several lists, each of `images` images of equal size.
struct Sample {
  std::vector<const std::vector<float>*> parts;
  std::int64_t images = 1;

  std::size_t size() const;
  /// About `most` of them: every n-th, and the least and the largest always.
  std::vector<float> thinned(std::size_t most) const;
};

// Ranges. Each lies within the least and the largest value.

Range min_max(const Sample& sample);

/// The mean over the images of each one's least, and of each one's largest value.
Range averaged_min_max(const Sample& sample);

/// Mean +- `sigmas` standard deviations.
Range sigma_range(const Sample& sample, double sigmas);

/// Of |x| if symmetric: +- its percentile. Else from percentile 100 - p to percentile p. Between
/// two values of the sorted sample the line between them counts, as in numpy.
Range percentile_range(const Sample& sample, double percentile, bool symmetric);

/// TensorRT's entropy calibration, as NVIDIA's pytorch-quantization computes it. |x| in 2,048 bins
/// of equal width up to the largest; the first bin is given the count of the second. For each i
/// from 128 to 2,048: P is the first i bins, the last of them with all counts behind it; Q is the
/// first i bins merged into `levels` groups of i / levels bins each (bin b into group
/// floor(b * levels / i)), the count of a group spread evenly over those of its bins that are
/// not empty. Both made to sum to 1, the i with the least sum P * ln(P / Q) is taken, the largest
/// of equal ones, and the threshold is the upper edge of bin i - 1. The levels are 2^(bits-1),
/// or 2^bits where no value is negative and the format need not hold negative ones.
double kl_threshold(const Sample& sample, std::int64_t levels);
/// The same from a histogram of |x|; gives i.
std::size_t kl_bins(std::vector<double> bins, std::int64_t levels);

/// The least e for which 2^e as scale covers the range.
int covering_exponent(Range range, Grid grid);

/// Sum of the squared, or of the absolute, distances of the values from the integers that they are
/// rounded to; where that is stochastic, what is expected of it.
double squared_error(const std::vector<float>& values, const IntegerFormat& format,
                     RealRounding rounding = RealRounding::NearestEven);
double absolute_error(const std::vector<float>& values, const IntegerFormat& format,
                      RealRounding rounding = RealRounding::NearestEven);

/// The format for a sample of an operand with this many bits.
///
/// Mean squared error: the least and the largest value, both times i / 100 for i = 1 to 100; then,
/// where there is a zero point and values of both signs, each end by itself likewise. Dynamic fixed
/// point: of the scale 2^e that covers all values and the eight below it, the one with the least
/// sum of absolute errors. Powers of two, elsewhere: of the two powers next to the free scale the
/// one with the less squared error. Searches look at 65,536 values, others at all, and round them
/// as they will be rounded.
IntegerFormat calibrate(const Sample& sample, const OperandScheme& scheme, Grid grid,
                        RealRounding rounding = RealRounding::NearestEven);

/// The grid of an operand: unsigned only where no value is negative.
Grid grid_of(const OperandScheme& scheme, std::uint8_t bits, bool narrow_range, Range values);

}  // namespace systole::quantize
