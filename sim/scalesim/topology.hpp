#pragma once

#include <optional>
#include <string>

#include "sim/network/network.hpp"

namespace systole {

/// What the rows of a SCALE-Sim topology are: it tells no file from another, its user does.
enum class TopologyKind {
  Conv,  ///< name, ifmap height, ifmap width, filter height, width, channels, filters, stride
  Gemm,  ///< name, M, N, K
};

/// Reads a SCALE-Sim topology (*.csv) as SCALE-Sim v3 does, as a network without tensors: one
/// convolution or matrix product per row, each with an ifmap of its own, since neighbours do not
/// fit each other.
///
/// * The first line is skipped. Without `kind` it decides: filters or ifmaps make a topology of
///   convolutions, M, N and K one of products. What follows the last comma of a row must be blank.
/// * A partial last window counts as a whole output: ceil((H - R) / S) + 1 rows. We pad the ifmap
///   with zeros on the bottom and the right, for which SCALE-Sim counts reads and products too.
/// * A row with DP in its name is `channels` convolutions of one channel, nameChannel_0 and on.
/// * There is no padding, dilation or batch, and one stride for both directions. Sparsity (N:M) is
///   refused unless N equals M.
///
/// Throws ConfigError with all that is wrong, "FILE:LINE:COLUMN: column: what" per line.
Network load_topology(const std::string& path, std::optional<TopologyKind> kind);

/// The same of a file's text; `file` stands in errors and names the network.
Network read_topology(const std::string& text, const std::string& file,
                      std::optional<TopologyKind> kind);

}  // namespace systole
