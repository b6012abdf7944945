#include "sim/functional/array_state.hpp"

#include <algorithm>
#include <cstring>
#include <utility>
#include <variant>

#include "sim/functional/same_computes.hpp"
#include "sim/network/packing.hpp"
#include "sim/program/hazards.hpp"

namespace systole {
namespace {

constexpr std::uint32_t kPiece = 16;  // bytes that are copied at once

ElementType element_type(ElementFormat format) {
  if (format.bits != 8) {
    return ElementType::Int16;  // unpacked
  }
  return format.is_signed ? ElementType::Int8 : ElementType::Uint8;
}

std::uint32_t element_bytes(ElementType type) { return type == ElementType::Int16 ? 2 : 1; }

void unpack(const std::uint8_t* bytes, std::uint32_t first, std::uint32_t count,
            ElementFormat format, std::uint8_t* words) {
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto value = static_cast<std::int16_t>(unpack_element(bytes, first + i, format));
    std::memcpy(words + std::size_t{i} * sizeof value, &value, sizeof value);
  }
}

}  // namespace

ArrayState::ArrayState(const AcceleratorConfig& config, LocalMemories& memories)
    : config_{config},
      shape_{local_shape(config)},
      memories_{memories},
      psum_format_{config.array.accumulator_bits, config.array.overflow},
      product_{config.array.cols},
      waiting_{memories, product_, kept_, config.array.overflow == Overflow::Saturate},
      rows_{memories},
      weights_(std::size_t{config.array.rows} * config.array.cols),
      nonzeros_(config.array.rows),
      psums_(config.array.cols) {}

void ArrayState::start(ElementFormat ifmap, ElementFormat weight) {
  ifmap_format_ = ifmap;
  weight_format_ = weight;
  takes_groups_ = config_.array.dataflow == Dataflow::WeightStationary &&
                  element_type(ifmap) != ElementType::Int16 && is_for_kernel(config_.array.rows);
  waiting_.start(element_type(ifmap));
  kept_.forget_all();
}

void ArrayState::preload(const PreloadCommand& preload) {
  end_group();
  waiting_.interrupt();
  destination_ = preload;
  fresh_ = config_.array.dataflow == Dataflow::WeightStationary && preload.new_weights;
  if (fresh_ && preload.products_per_pe == 1) {  // else the compute's parts tell where they lie
    fresh_ = false;
    take_weights(destination_, 0);
  }
}

void ArrayState::compute(const ComputeCommand& compute) {
  end_group();
  finish();
  find_parts(compute);
  if (fresh_) {
    fresh_ = false;
    take_weights(destination_, 0);
  }
  if (config_.array.dataflow == Dataflow::WeightStationary) {
    multiply_block(compute, destination_.acc_row, destination_.n);
    return;
  }
  const std::uint32_t cols = config_.array.cols;
  for (std::uint32_t block = 0; block < blocks(destination_, shape_); ++block) {
    take_weights(destination_, block);
    multiply_block(compute, destination_.acc_row + block * destination_.acc_pitch,
                   std::min(cols, destination_.n - block * cols));
  }
}

bool ArrayState::takes(FoldGroup& group, std::uint32_t from, std::uint32_t count,
                       const Command& last) {
  if (fresh_ || !waiting_.comes(group, from)) {
    return false;
  }
  if (from == 0) {
    start_product(group.folds[0].k);
    group.changes_before = kept_.changes();
  }
  if (group.kept_since == kept_.changes()) {
    waiting_.add_kept(group, from + count);
  } else {
    waiting_.add(group, from + count, [this](const Fold& fold, std::uint32_t before) {
      return kept_.are(before, fold.weights, fold.k, fold.n) ? before : keep(fold);
    });
    if (group.come == group.computes() && group.changes_before == kept_.changes()) {
      group.kept_since = kept_.changes();
    }
  }
  last_group_ = &group;
  last_of_group_ = &last;
  return true;
}

/// What the fold's weights are kept as.
std::uint32_t ArrayState::keep(const Fold& fold) {
  const std::uint32_t kept = kept_.find(fold.weights, fold.k, fold.n);
  if (kept == KeptWeights::kNone) {
    take_weights(*fold.preload, 0);
    return fold_;
  }
  return kept;
}

/// For weights of so many products.
void ArrayState::start_product(std::uint32_t k) {
  const ElementType weight = element_type(weight_format_);
  const ElementType ifmap = element_type(ifmap_format_);
  if (!product_.keeps_beside(k, weight, ifmap)) {
    finish();
    product_.start(k, weight, ifmap);
    kept_.start(product_.folds());
  }
}

/// The array is left as the computes of a group that came last leave it.
void ArrayState::end_group() {
  if (last_group_ == nullptr) {
    return;
  }
  const FoldGroup& group = *std::exchange(last_group_, nullptr);
  const std::size_t fold = (group.come - 1) / group.computes_of_fold();
  fold_ = group.kept[group.place_in_kept(fold)];
  weights_k_ = group.folds[fold].k;
  by_kernel_ = true;
  destination_ = std::get<PreloadCommand>(last_of_group_->body);
}

void ArrayState::find_parts(const ComputeCommand& compute) {
  if (!parts_.empty() && same_products(compute, parts_of_)) {
    return;
  }
  parts_ = ifmap_parts(compute, config_.array.rows);
  parts_of_ = compute;
  const auto by_row = [](const IfmapPart& a, const IfmapPart& b) { return a.row < b.row; };
  last_part_row_ = parts_.empty() ? 0 : std::max_element(parts_.begin(), parts_.end(), by_row)->row;
  pe_ends_.clear();
  std::uint32_t end = 0;
  for (const IfmapPart& part : parts_) {
    for (std::uint32_t done = 0; done < part.count; done += compute.products_per_pe) {
      pe_ends_.push_back(end + std::min(done + compute.products_per_pe, part.count));
    }
    end += part.count;
  }
}

/// That weights may be kept as.
std::uint32_t ArrayState::free_fold() {
  if (waiting_.waits_for(kept_.oldest())) {
    finish();
  }
  return kept_.take();
}

void ArrayState::end(EventCounts& events) {
  finish();
  end_group();
  events.add(Event::PsumOverflows, std::exchange(overflows_, 0) + product_.take_overflows());
  events.add(Event::MacZeroOperand, std::exchange(products_, 0) + waiting_.take_products() -
                                        std::exchange(nonzero_products_, 0) -
                                        product_.take_nonzero_products());
}

/// Of parts_: calls `body` with a product, the row of PEs that it is for and its place in the PE.
template <typename Body>
void ArrayState::for_each_product(Body body) const {
  std::uint32_t product = 0;
  for (std::size_t pe = 0; pe < pe_ends_.size(); ++pe) {
    for (const std::uint32_t first = product; product < pe_ends_[pe]; ++product) {
      body(product, static_cast<std::uint32_t>(pe), product - first);
    }
  }
}

/// Whether no sum of `k` products leaves the 32 bits that kernels add up.
bool ArrayState::is_for_kernel(std::uint32_t k) const {
  return psum_format_.bits == 32 && !products_may_overflow(k, config_.array.activation_bits,
                                                           config_.array.weight_bits, psum_format_);
}

/// Block `block` of the fold's weights, array.cols channels.
void ArrayState::take_weights(const PreloadCommand& preload, std::uint32_t block) {
  const std::uint32_t n = std::min(config_.array.cols, preload.n - block * config_.array.cols);
  const std::uint32_t first_row = preload.weights.row + block * preload.weights_pitch;
  by_kernel_ = is_for_kernel(std::max(preload.k, config_.array.rows));
  if (!by_kernel_ || element_type(weight_format_) == ElementType::Int16) {
    take_weights_one_by_one(preload, first_row, n);
  }
  if (!by_kernel_) {
    return;
  }
  weight_rows_.resize(std::max(preload.k, 1U));
  std::size_t pitch = 0;
  const ElementType type = element_type(weight_format_);
  if (type == ElementType::Int16) {
    for (std::uint32_t r = 0; r < preload.k; ++r) {
      const std::int16_t* row = weights_.data() + std::size_t{r} * config_.array.cols;
      weight_rows_[r] = reinterpret_cast<const std::uint8_t*>(row);
    }
  } else {
    const std::uint32_t row_bytes = memories_.row_bytes(preload.weights.memory);
    const std::uint8_t* row =
        memories_.rows(preload.weights.memory, first_row, preload.weight_rows());
    if (preload.products_per_pe == 1) {
      weight_rows_[0] = row;
      pitch = row_bytes;
    } else {
      for_each_product([&](std::uint32_t product, std::uint32_t pe, std::uint32_t place) {
        weight_rows_[product] = row + std::size_t{pe} * row_bytes + std::size_t{place} * n;
      });
    }
  }
  weights_k_ = preload.k;
  const ElementRows rows{weight_rows_.data(), preload.k, type, pitch};
  start_product(preload.k);
  fold_ = free_fold();
  product_.take_weights(fold_, rows, n);
  if (config_.array.dataflow == Dataflow::WeightStationary) {
    kept_.keep(fold_, preload);
  }
}

/// As 16-bit words: rows below k are zero.
void ArrayState::take_weights_one_by_one(const PreloadCommand& preload, std::uint32_t first_row,
                                         std::uint32_t n) {
  const std::uint32_t cols = config_.array.cols;
  const std::uint32_t rows = std::max(config_.array.rows * preload.products_per_pe, preload.k);
  weights_.assign(std::size_t{rows} * cols + kReadBeyond, 0);
  nonzeros_.assign(rows, 0);
  const auto take = [&](std::uint32_t product, std::uint32_t pe, std::uint32_t place) {
    std::int16_t* weights = weights_.data() + std::size_t{product} * cols;
    unpack(memories_.rows(preload.weights.memory, first_row + pe), place * n, n, weight_format_,
           reinterpret_cast<std::uint8_t*>(weights));
    nonzeros_[product] = n - static_cast<std::uint32_t>(std::count(weights, weights + n, 0));
  };
  if (preload.products_per_pe > 1) {
    for_each_product(take);
    return;
  }
  for (std::uint32_t r = 0; r < preload.k; ++r) {
    take(r, r, 0);
  }
}

/// Whether an ifmap vector can be multiplied where it lies.
bool ArrayState::lies_in_one_piece() const {
  return element_type(ifmap_format_) != ElementType::Int16 && parts_.size() == 1 &&
         parts_[0].count >= weights_k_;
}

/// Makes rows_ the ifmap vector of each pixel: where it lies, or gathered, with zeros for the
/// products of the weights that it has not.
void ArrayState::gather(const ComputeCommand& compute) {
  rows_.clear();
  if (lies_in_one_piece()) {
    rows_.add_pixels(compute, parts_[0]);
    return;
  }
  rows_.add_pixels(compute, {});
  memories_.rows(LocalMemory::Scratchpad,  // throws beyond its end
                 compute.ifmap_row + last_pixel_row(compute) + last_part_row_);
  const std::size_t row_bytes = memories_.row_bytes(LocalMemory::Scratchpad);
  const ElementType type = element_type(ifmap_format_);
  const std::size_t size = std::size_t{compute.k} * element_bytes(type);
  const std::size_t needed = std::max(size, std::size_t{weights_k_} * element_bytes(type));
  const std::size_t pitch = needed + kPiece;
  gathered_.resize(compute.rows() * pitch + kReadBeyond);
  for (std::uint32_t pixel = 0; pixel < compute.rows(); ++pixel) {
    std::uint8_t* to = gathered_.data() + pixel * pitch;
    for (const IfmapPart& part : parts_) {
      const std::uint8_t* from = rows_.ifmap()[pixel] + part.row * row_bytes;
      if (type == ElementType::Int16) {
        unpack(from, part.lane, part.count, ifmap_format_, to);
      } else if (part.count <= kPiece) {
        std::memcpy(to, from + part.lane, kPiece);  // what is too much, the next part overwrites
      } else {
        std::memcpy(to, from + part.lane, part.count);
      }
      to += std::size_t{part.count} * element_bytes(type);
    }
    std::fill(to, to + (needed - size), std::uint8_t{0});
    rows_.ifmap()[pixel] = gathered_.data() + pixel * pitch;
  }
}

/// The compute's pixels times the weights in the array, `n` columns of which count.
void ArrayState::multiply_block(const ComputeCommand& compute, std::uint32_t acc_row,
                                std::uint32_t n) {
  gather(compute);
  products_ += std::uint64_t{compute.rows()} * compute.k * n;
  if (by_kernel_) {
    rows_.add_psums(acc_row, compute.rows());
    const FoldChain chain{&fold_, 0, destination_.accumulate};
    const std::int32_t no_offset = 0;
    product_.multiply({&chain, 1, &no_offset, 1},
                      {rows_.ifmap(), compute.rows(), element_type(ifmap_format_)}, compute.k,
                      {rows_.psums(), psum_format_.overflow == Overflow::Saturate});
    return;
  }
  if (memories_.has_psums32()) {
    multiply_one_by_one(compute, memories_.psums32(acc_row, compute.rows()));
  } else {
    multiply_one_by_one(compute, memories_.psums64(acc_row, compute.rows()));
  }
}

template <typename Psum>
void ArrayState::multiply_one_by_one(const ComputeCommand& compute, Psum* psums) {
  const std::uint32_t cols = config_.array.cols;
  const auto k = std::min(compute.k, static_cast<std::uint32_t>(nonzeros_.size()));
  const ElementType type = element_type(ifmap_format_);
  std::vector<std::int16_t> ifmap(k);
  for (std::uint32_t pixel = 0; pixel < compute.rows(); ++pixel) {
    const std::uint8_t* row = rows_.ifmap()[pixel];
    if (type == ElementType::Int16) {
      std::memcpy(ifmap.data(), row, k * sizeof(std::int16_t));
    } else {
      unpack(row, 0, k, ifmap_format_, reinterpret_cast<std::uint8_t*>(ifmap.data()));
    }
    for (std::uint32_t r = 0; r < k; ++r) {
      nonzero_products_ += ifmap[r] != 0 ? nonzeros_[r] : 0U;
    }
    add_products(ifmap);
    Psum* to = psums + pixel * memories_.psum_pitch();
    for (std::uint32_t c = 0; c < cols; ++c) {
      const std::int64_t sum = destination_.accumulate
                                   ? add_psum(to[c], psums_[c], psum_format_, overflows_)
                                   : psums_[c];
      to[c] = static_cast<Psum>(sum);
    }
  }
}

/// The sums of an ifmap vector's products, column by column, added up as the PEs do it.
void ArrayState::add_products(const std::vector<std::int16_t>& ifmap) {
  const std::uint32_t cols = config_.array.cols;
  std::fill(psums_.begin(), psums_.end(), 0);
  std::size_t first = 0;
  for (const std::size_t end : pe_ends_) {
    for (std::uint32_t c = 0; c < cols; ++c) {
      std::int64_t sum = 0;  // what one PE adds
      for (std::size_t p = first; p < end; ++p) {
        sum += std::int64_t{weights_[p * cols + c]} * ifmap[p];
      }
      psums_[c] = add_psum(psums_[c], sum, psum_format_, overflows_);
    }
    first = end;
  }
}

}  // namespace systole
