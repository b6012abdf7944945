// ROWS x COLS processing elements, weight stationary, with the skew registers at their edges.
//
// What enters before the clock edge of cycle t is a whole vector; its row of psums is at `psums`
// after the edge of cycle t + ROWS + COLS - 2. A weight row that enters in cycle s multiplies
// vectors that enter with or after a swap in s + 1 or later. There is no back pressure.
// Lane i of a port is its bits [i * width +: width].
module systolic_array #(
    parameter int unsigned ROWS = 4,
    parameter int unsigned COLS = 4,
    parameter int unsigned ACTIVATION_BITS = 8,
    parameter int unsigned WEIGHT_BITS = 8,
    parameter int unsigned PSUM_BITS = 32,
    parameter int unsigned ROW_BITS = ROWS > 1 ? $clog2(ROWS) : 1  // of a row's index
) (
    input logic clk,
    input logic rst_n,  // synchronous

    input logic                            ifmap_valid,
    input logic                            swap,         // with a vector: from it on, new weights
    input logic [ROWS*ACTIVATION_BITS-1:0] ifmap,        // lane r for array row r

    input logic                        weight_valid,
    input logic [        ROW_BITS-1:0] weight_row,    // the array row that they are for
    input logic [COLS*WEIGHT_BITS-1:0] weights,       // lane c for column c

    output logic                      psum_valid,
    output logic [COLS*PSUM_BITS-1:0] psums        // lane c of column c
);
  localparam int unsigned PES = ROWS * COLS;

  // What each PE gives to its neighbours; PE (r, c) is number r * COLS + c. What leaves at the
  // right and at the bottom goes nowhere.
  /* verilator lint_off UNUSED */
  logic [PES*ACTIVATION_BITS-1:0] ifmap_right;
  logic [PES-1:0] swap_right;
  logic [PES-1:0] weight_valid_down;
  logic [PES*ROW_BITS-1:0] weight_rows_down;
  logic [PES*WEIGHT_BITS-1:0] weight_down;
  logic [PES*PSUM_BITS-1:0] psum_down;
  /* verilator lint_on UNUSED */

  // The edges, skewed: row r is r cycles late, column c is c cycles late. What belongs to all
  // lanes of a vector or weight row goes along the edge.
  logic [ROWS*ACTIVATION_BITS-1:0] ifmap_edge;
  logic [ROWS-1:0] swap_edge;
  logic [COLS-1:0] weight_valid_edge;
  logic [COLS*ROW_BITS-1:0] weight_rows_edge;
  logic [COLS*WEIGHT_BITS-1:0] weight_edge;

  for (genvar r = 0; r < ROWS; r++) begin : g_left
    delay_line #(
        .WIDTH (ACTIVATION_BITS),
        .STAGES(r)
    ) ifmap_skew (
        .clk,
        .rst_n,
        .in (ifmap[r*ACTIVATION_BITS+:ACTIVATION_BITS] & {ACTIVATION_BITS{ifmap_valid}}),
        .out(ifmap_edge[r*ACTIVATION_BITS+:ACTIVATION_BITS])
    );
    if (r == 0) begin : g_first
      assign swap_edge[0] = swap && ifmap_valid;
    end else begin : g_next
      delay_line swap_skew (
          .clk,
          .rst_n,
          .in (swap_edge[r-1]),
          .out(swap_edge[r])
      );
    end
  end

  for (genvar c = 0; c < COLS; c++) begin : g_top
    delay_line #(
        .WIDTH (WEIGHT_BITS),
        .STAGES(c)
    ) weight_skew (
        .clk,
        .rst_n,
        .in (weights[c*WEIGHT_BITS+:WEIGHT_BITS]),
        .out(weight_edge[c*WEIGHT_BITS+:WEIGHT_BITS])
    );
    if (c == 0) begin : g_first
      assign weight_valid_edge[0] = weight_valid;
      assign weight_rows_edge[0+:ROW_BITS] = weight_row;
    end else begin : g_next
      delay_line #(
          .WIDTH(1 + ROW_BITS)
      ) rows_skew (
          .clk,
          .rst_n,
          .in ({weight_valid_edge[c-1], weight_rows_edge[(c-1)*ROW_BITS+:ROW_BITS]}),
          .out({weight_valid_edge[c], weight_rows_edge[c*ROW_BITS+:ROW_BITS]})
      );
    end
  end

  for (genvar r = 0; r < ROWS; r++) begin : g_row
    for (genvar c = 0; c < COLS; c++) begin : g_col
      localparam int unsigned HERE = r * COLS + c;
      localparam int unsigned LEFT = c == 0 ? 0 : HERE - 1;
      localparam int unsigned ABOVE = r == 0 ? 0 : HERE - COLS;

      logic [ACTIVATION_BITS-1:0] ifmap_in;
      logic swap_in;
      logic weight_valid_in;
      logic [ROW_BITS-1:0] weight_rows_in;
      logic [WEIGHT_BITS-1:0] weight_in;
      logic [PSUM_BITS-1:0] psum_in;

      if (c == 0) begin : g_from_edge
        assign ifmap_in = ifmap_edge[r*ACTIVATION_BITS+:ACTIVATION_BITS];
        assign swap_in  = swap_edge[r];
      end else begin : g_from_left
        assign ifmap_in = ifmap_right[LEFT*ACTIVATION_BITS+:ACTIVATION_BITS];
        assign swap_in  = swap_right[LEFT];
      end
      if (r == 0) begin : g_from_top
        assign weight_valid_in = weight_valid_edge[c];
        assign weight_rows_in  = weight_rows_edge[c*ROW_BITS+:ROW_BITS];
        assign weight_in       = weight_edge[c*WEIGHT_BITS+:WEIGHT_BITS];
        assign psum_in         = '0;
      end else begin : g_from_above
        assign weight_valid_in = weight_valid_down[ABOVE];
        assign weight_rows_in  = weight_rows_down[ABOVE*ROW_BITS+:ROW_BITS];
        assign weight_in       = weight_down[ABOVE*WEIGHT_BITS+:WEIGHT_BITS];
        assign psum_in         = psum_down[ABOVE*PSUM_BITS+:PSUM_BITS];
      end

      pe #(
          .ACTIVATION_BITS(ACTIVATION_BITS),
          .WEIGHT_BITS(WEIGHT_BITS),
          .PSUM_BITS(PSUM_BITS),
          .ROW_BITS(ROW_BITS)
      ) pe (
          .clk,
          .rst_n,
          .ifmap_in,
          .swap_in,
          .ifmap_out(ifmap_right[HERE*ACTIVATION_BITS+:ACTIVATION_BITS]),
          .swap_out(swap_right[HERE]),
          .weight_valid_in,
          .weight_rows_in,
          .weight_in,
          .weight_valid_out(weight_valid_down[HERE]),
          .weight_rows_out(weight_rows_down[HERE*ROW_BITS+:ROW_BITS]),
          .weight_out(weight_down[HERE*WEIGHT_BITS+:WEIGHT_BITS]),
          .psum_in,
          .psum_out(psum_down[HERE*PSUM_BITS+:PSUM_BITS])
      );
    end
  end

  // Column 0 is complete first and waits for the last one.
  for (genvar c = 0; c < COLS; c++) begin : g_bottom
    delay_line #(
        .WIDTH (PSUM_BITS),
        .STAGES(COLS - 1 - c)
    ) psum_deskew (
        .clk,
        .rst_n,
        .in (psum_down[(PES-COLS+c)*PSUM_BITS+:PSUM_BITS]),
        .out(psums[c*PSUM_BITS+:PSUM_BITS])
    );
  end

  delay_line #(
      .STAGES(ROWS + COLS - 1)
  ) valid_delay (
      .clk,
      .rst_n,
      .in (ifmap_valid),
      .out(psum_valid)
  );
endmodule
