// STAGES registers in a row; none when STAGES is 0.
module delay_line #(
    parameter int unsigned WIDTH = 1,
    parameter int unsigned STAGES = 1
) (
    input  logic             clk,
    input  logic             rst_n,
    input  logic [WIDTH-1:0] in,
    output logic [WIDTH-1:0] out
);
  if (STAGES == 0) begin : g_wire
    logic unused;
    assign unused = &{1'b0, clk, rst_n};
    assign out = in;
  end else begin : g_registers
    logic [STAGES*WIDTH-1:0] stages;  // the youngest lowest
    always_ff @(posedge clk) begin
      if (!rst_n) stages <= '0;
      else stages <= (STAGES * WIDTH)'({stages, in});
    end
    assign out = stages[STAGES*WIDTH-1-:WIDTH];
  end
endmodule
