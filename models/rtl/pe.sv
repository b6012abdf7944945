// One processing element of a weight-stationary array.
//
// The ifmap element comes from the left and leaves to the right, the psum comes from above and
// leaves downwards, each through one register. `swap` travels with an ifmap element: from that
// element on, what was in the shadow register is the weight. A weight comes from above with the
// number of rows that it still has to go down; at 0 it stays, in the shadow register.
module pe #(
    parameter int unsigned ACTIVATION_BITS = 8,
    parameter int unsigned WEIGHT_BITS = 8,
    parameter int unsigned PSUM_BITS = 32,
    parameter int unsigned ROW_BITS = 4
) (
    input logic clk,
    input logic rst_n,

    input  logic signed [ACTIVATION_BITS-1:0] ifmap_in,
    input  logic                              swap_in,
    output logic signed [ACTIVATION_BITS-1:0] ifmap_out,
    output logic                              swap_out,

    input  logic                          weight_valid_in,
    input  logic        [   ROW_BITS-1:0] weight_rows_in,
    input  logic signed [WEIGHT_BITS-1:0] weight_in,
    output logic                          weight_valid_out,
    output logic        [   ROW_BITS-1:0] weight_rows_out,
    output logic signed [WEIGHT_BITS-1:0] weight_out,

    input  logic signed [PSUM_BITS-1:0] psum_in,
    output logic signed [PSUM_BITS-1:0] psum_out
);
  localparam int unsigned PRODUCT_BITS = ACTIVATION_BITS + WEIGHT_BITS;

  logic signed [WEIGHT_BITS-1:0] shadow;
  logic signed [WEIGHT_BITS-1:0] active;
  logic signed [WEIGHT_BITS-1:0] weight;
  logic signed [PRODUCT_BITS-1:0] product;
  logic stays;

  assign weight  = swap_in ? shadow : active;
  assign product = PRODUCT_BITS'(ifmap_in) * PRODUCT_BITS'(weight);
  assign stays   = weight_rows_in == '0;

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      ifmap_out        <= '0;
      swap_out         <= 1'b0;
      psum_out         <= '0;
      active           <= '0;
      shadow           <= '0;
      weight_valid_out <= 1'b0;
      weight_rows_out  <= '0;
      weight_out       <= '0;
    end else begin
      ifmap_out        <= ifmap_in;
      swap_out         <= swap_in;
      psum_out         <= psum_in + PSUM_BITS'(product);  // wraps
      active           <= weight;
      weight_valid_out <= weight_valid_in && !stays;
      weight_rows_out  <= weight_rows_in - ROW_BITS'(1);
      weight_out       <= weight_in;
      if (weight_valid_in && stays) shadow <= weight_in;
    end
  end
endmodule
