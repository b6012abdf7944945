// Scales one accumulator value to one output element.
//
// MODE_TFLITE: the doubling high product of acc * 2^exponent (exponent > 0) and the multiplier,
// rounded half up and saturated, then a right shift by -exponent rounded half away from zero
// (SaturatingRoundingDoublingHighMul and RoundingDivideByPOT of gemmlowp; Jacob et al. 2018).
// MODE_SINGLE: acc * multiplier shifted right by 31 - exponent, rounded once as `rounding` says.
// MODE_SHIFT: acc shifted by the exponent, to the right rounded as `rounding` says.
// Then the zero point, then the clamp. Left shifts wrap at 32 bits; exponents are -31 to 30.
//
// What enters in cycle t is at `ofmap` in cycle t + LATENCY. The registers stand behind the
// product, the first rounding, the shift and the clamp, as evenly as LATENCY allows.
module requant_lane #(
    parameter int unsigned LATENCY = 4,     // 1 or more
    parameter int unsigned OFMAP_BITS = 17  // signed: holds int16 and uint16
) (
    input logic clk,
    input logic rst_n,

    input logic [1:0] mode,
    input logic [2:0] rounding,
    input logic signed [OFMAP_BITS-1:0] zero_point,
    input logic signed [OFMAP_BITS-1:0] clamp_min,
    input logic signed [OFMAP_BITS-1:0] clamp_max,

    input logic signed [31:0] acc,
    input logic signed [31:0] multiplier,
    input logic signed [5:0] exponent,

    output logic signed [OFMAP_BITS-1:0] ofmap
);
  localparam logic [1:0] MODE_TFLITE = 2'd0;
  localparam logic [1:0] MODE_SINGLE = 2'd1;
  localparam logic [1:0] MODE_SHIFT = 2'd2;

  localparam logic [2:0] NEAREST_EVEN = 3'd0;
  localparam logic [2:0] NEAREST_AWAY = 3'd1;
  localparam logic [2:0] HALF_UP = 3'd2;
  localparam logic [2:0] TOWARD_ZERO = 3'd4;  // 3'd3, and the rest: floor

  // 1. Left shift and product.
  logic [5:0] left;
  logic signed [31:0] shifted;
  logic signed [63:0] product;
  logic [5:0] shift;
  assign left = exponent > 0 ? 6'(exponent) : '0;
  assign shifted = mode == MODE_SINGLE ? acc : acc <<< left;
  assign product = mode == MODE_SHIFT ? 64'(shifted) : 64'(shifted) * 64'(multiplier);
  assign shift = mode == MODE_SINGLE ? 6'd31 - 6'(exponent) : exponent < 0 ? 6'(-exponent) : '0;

  logic signed [63:0] product_q;
  logic [5:0] product_shift_q;
  delay_line #(
      .WIDTH (64 + 6),
      .STAGES(LATENCY / 4)
  ) product_stage (
      .clk,
      .rst_n,
      .in ({product, shift}),
      .out({product_q, product_shift_q})
  );

  // 2. The high half of the product, of tflite. Only (-2^31)^2 is too large for it.
  logic signed [63:0] nudged;
  logic signed [63:0] high;
  logic signed [63:0] value;
  assign nudged = product_q + (64'sd1 <<< 30);
  assign high = product_q == (64'sd1 <<< 62) ? 64'sh7fff_ffff : nudged >>> 31;
  assign value = mode == MODE_TFLITE ? high : product_q;

  logic signed [63:0] value_q;
  logic [5:0] shift_q;
  delay_line #(
      .WIDTH (64 + 6),
      .STAGES((LATENCY + 1) / 4)
  ) value_stage (
      .clk,
      .rst_n,
      .in ({value, product_shift_q}),
      .out({value_q, shift_q})
  );

  // 3. The right shift: `half` is the bit below the point, `rest` is whether any below it is set.
  logic [2:0] shift_rounding;
  logic [63:0] half_bit;
  logic half;
  logic rest;
  logic up;
  logic signed [63:0] scaled;
  assign shift_rounding = mode == MODE_TFLITE ? NEAREST_AWAY : rounding;
  assign half_bit = (64'd1 << shift_q) >> 1;
  assign half = |(value_q & half_bit);
  assign rest = |(value_q & (half_bit - {63'd0, |half_bit}));
  always_comb begin
    case (shift_rounding)
      NEAREST_EVEN: up = half && (rest || |(value_q & (half_bit << 1)));
      NEAREST_AWAY: up = half && (rest || !value_q[63]);
      HALF_UP: up = half;
      TOWARD_ZERO: up = (half || rest) && value_q[63];
      default: up = 1'b0;
    endcase
  end
  assign scaled = (value_q >>> shift_q) + (up ? 64'sd1 : 64'sd0);  // all signed: >>> keeps the sign

  logic signed [63:0] scaled_q;
  delay_line #(
      .WIDTH (64),
      .STAGES((LATENCY + 2) / 4)
  ) scaled_stage (
      .clk,
      .rst_n,
      .in (scaled),
      .out(scaled_q)
  );

  // 4. Zero point and clamp. A scaled value has 62 bits at most, so the sum fits.
  logic signed [63:0] sum;
  logic signed [OFMAP_BITS-1:0] clamped;
  assign sum = scaled_q + 64'(zero_point);
  assign clamped = sum < 64'(clamp_min) ? clamp_min
                 : sum > 64'(clamp_max) ? clamp_max : OFMAP_BITS'(sum);

  delay_line #(
      .WIDTH (OFMAP_BITS),
      .STAGES((LATENCY + 3) / 4)
  ) ofmap_stage (
      .clk,
      .rst_n,
      .in (clamped),
      .out(ofmap)
  );
endmodule
