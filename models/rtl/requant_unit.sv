// LANES accumulator values a cycle to output elements, each lane with its own constants.
//
// What enters in cycle t is at `ofmap` in cycle t + LATENCY. There is no back pressure. Mode,
// rounding, zero point and clamp are registers of the layer: they stay as they are while anything
// is inside. Their encodings: requant_lane. Lane i of a port is its bits [i * width +: width].
module requant_unit #(
    parameter int unsigned LANES = 4,
    parameter int unsigned LATENCY = 8,
    parameter int unsigned OFMAP_BITS = 17
) (
    input logic clk,
    input logic rst_n,  // synchronous

    input logic        [           1:0] mode,
    input logic        [           2:0] rounding,
    input logic signed [OFMAP_BITS-1:0] zero_point,
    input logic signed [OFMAP_BITS-1:0] clamp_min,
    input logic signed [OFMAP_BITS-1:0] clamp_max,

    input logic                psum_valid,
    input logic [LANES*32-1:0] psums,
    input logic [LANES*32-1:0] multiplier,  // Q0.31
    input logic [ LANES*6-1:0] exponent,    // signed, -31 to 30

    output logic                        ofmap_valid,
    output logic [LANES*OFMAP_BITS-1:0] ofmap
);
  for (genvar i = 0; i < LANES; i++) begin : g_lane
    requant_lane #(
        .LATENCY(LATENCY),
        .OFMAP_BITS(OFMAP_BITS)
    ) lane (
        .clk,
        .rst_n,
        .mode,
        .rounding,
        .zero_point,
        .clamp_min,
        .clamp_max,
        .acc(psums[i*32+:32]),
        .multiplier(multiplier[i*32+:32]),
        .exponent(exponent[i*6+:6]),
        .ofmap(ofmap[i*OFMAP_BITS+:OFMAP_BITS])
    );
  end

  delay_line #(
      .STAGES(LATENCY)
  ) valid_delay (
      .clk,
      .rst_n,
      .in (psum_valid),
      .out(ofmap_valid)
  );
endmodule
