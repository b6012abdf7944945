"""The plots of scripts/sweep_bitwidth.py, from its tables. Needs python3-matplotlib."""

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402 (after the backend)

DPI = 110
PERCENT = 100
UJ = 1e-6


def save(figure, path):
    figure.savefig(path, dpi=DPI, metadata={"Software": None})  # the same bytes whatever the version
    pyplot.close(figure)


def shown(value, style):
    return "" if value is None else format(value, style)


def number(value, factor=1):
    """A failed point has none, and leaves a gap."""
    return float("nan") if value is None else factor * value


def heat_map(axis, rows, columns, cell, title, style):
    """`cell(row, column)` is a number or None."""
    grid = [[cell(row, column) for column in columns] for row in rows]
    image = axis.imshow([[number(value) for value in line] for line in grid], origin="lower", cmap="viridis", aspect="auto")
    for y, line in enumerate(grid):
        for x, value in enumerate(line):
            dark = value is not None and image.norm(value) < 0.6
            axis.text(x, y, shown(value, style), ha="center", va="center", fontsize=8, color="white" if dark else "black")
    axis.set(title=title, xticks=range(len(columns)), xticklabels=columns, yticks=range(len(rows)), yticklabels=rows)


def grid(rows, folder):
    bits = sorted({row["activation_bits"] for row in rows})
    at = {(row["activation_bits"], row["weight_bits"]): row for row in rows}
    metrics = [("accuracy", "accuracy, %", PERCENT, ".0f"), ("cycles", "thousand cycles an image", 1e-3, ".1f"),
               ("energy_pj", "energy of an image, uJ", UJ, ".2f")]
    figure, axes = pyplot.subplots(1, len(metrics), figsize=(5.2 * len(metrics), 4.6), constrained_layout=True)
    for axis, (metric, title, factor, style) in zip(axes, metrics):
        def cell(a, w, metric=metric, factor=factor):
            value = at[a, w][metric]
            return None if value is None else factor * value
        heat_map(axis, bits, bits, cell, title, style)
        axis.set(xlabel="bits of weights", ylabel="bits of activations")
    save(figure, folder / "bitwidth.png")
    pareto(rows, folder)


def front_of(points):
    """Those (energy, accuracy, ...) that no other point beats in both."""
    best, front = -1.0, []
    for point in sorted(points, key=lambda p: (p[0], -p[1])):
        if point[1] > best:
            best = point[1]
            front.append(point)
    return front


def pareto(rows, folder):
    points = [(UJ * row["energy_pj"], PERCENT * row["accuracy"], row["activation_bits"], row["weight_bits"])
              for row in rows if row["accuracy"] is not None]
    front = front_of(points)
    figure, axis = pyplot.subplots(figsize=(8, 5.2), constrained_layout=True)
    dots = axis.scatter([p[0] for p in points], [p[1] for p in points], c=[p[2] for p in points], cmap="viridis", s=28, zorder=2)
    axis.plot([p[0] for p in front], [p[1] for p in front], drawstyle="steps-post", color="crimson", linewidth=1.4, zorder=1,
              label="Pareto front")
    last = None
    for energy, accuracy, a, w in front:
        near = last is not None and abs(accuracy - last[1]) < 3 and energy - last[0] < 0.25
        axis.annotate(f"{a} x {w}", (energy, accuracy), textcoords="offset points", xytext=(5, -14 if near else 6), fontsize=8)
        last = (energy, accuracy)
    figure.colorbar(dots, ax=axis, label="bits of activations")
    axis.set(xlabel="energy of an image, uJ", ylabel="accuracy, %", ylim=(0, 104),
             title="accuracy against energy; bits of activations x weights")
    axis.legend(loc="lower right")
    axis.grid(alpha=0.3)
    save(figure, folder / "pareto.png")


def accumulators(rows, folder):
    figure, (right, over) = pyplot.subplots(2, 1, figsize=(8, 7), sharex=True, constrained_layout=True)
    colors = {8: "tab:blue", 4: "tab:orange"}
    for bits in sorted({row["operand_bits"] for row in rows}, reverse=True):
        for overflow, line in (("wrap", "-"), ("saturate", "--")):
            some = [row for row in rows if (row["operand_bits"], row["overflow"]) == (bits, overflow)]
            label = f"operands of {bits} bits, {overflow}"
            x = [row["accumulator_bits"] for row in some]
            style = {"linestyle": line, "color": colors[bits], "marker": "o", "markersize": 4, "label": label}
            right.plot(x, [number(row["accuracy"], PERCENT) for row in some], **style)
            over.plot(x, [number(row["psum_overflows"]) for row in some], **style)
    right.set(ylabel="accuracy, %", ylim=(0, 104), title="bits of partial sums")
    over.set(xlabel="bits of partial sums", ylabel="additions that overflow, an image")
    over.set_yscale("symlog", linthresh=1)
    over.set_ylim(0, 3 * max([1, *(row["psum_overflows"] for row in rows if row["psum_overflows"] is not None)]))
    right.legend(loc="lower right", fontsize=9)
    for axis in (right, over):
        axis.grid(alpha=0.3)
    save(figure, folder / "accumulators.png")


def biases(rows, folder):
    figure, (right, bytes_moved) = pyplot.subplots(2, 1, figsize=(8, 6.4), sharex=True, constrained_layout=True)
    for bits, color in ((8, "tab:blue"), (4, "tab:orange")):
        some = [row for row in rows if row["operand_bits"] == bits]
        x = [row["bias_bits"] for row in some]
        style = {"color": color, "marker": "o", "markersize": 4, "label": f"operands of {bits} bits"}
        right.plot(x, [number(row["accuracy"], PERCENT) for row in some], **style)
        whole = number(some[-1]["dram_bytes"])
        bytes_moved.plot(x, [number(row["dram_bytes"], PERCENT) / whole for row in some], **style)
    right.set(ylabel="accuracy, %", ylim=(0, 104), title="bits of biases; those that do not fit are clipped")
    bytes_moved.set(xlabel="bits of biases", ylabel=f"DRAM traffic, % of that with {rows[-1]['bias_bits']} bits")
    right.legend(loc="lower right", fontsize=9)
    for axis in (right, bytes_moved):
        axis.grid(alpha=0.3)
    save(figure, folder / "biases.png")


def unit_name(row):
    if row["mode"] == "float_scale":
        return "float scale"
    unit = "shift only" if row["mode"] == "shift_only" else f"{row['variant']}, {row['multiplier_bits']} bits"
    return f"{unit}, {row['rounding'].replace('_', ' ')}"


def requantizers(rows, folder):
    widths = sorted({row["operand_bits"] for row in rows}, reverse=True)
    names = list(dict.fromkeys(unit_name(row) for row in rows))[::-1]
    at = {(unit_name(row), row["operand_bits"]): row for row in rows}
    figure, (right, cost) = pyplot.subplots(1, 2, figsize=(12, 5.6), sharey=True, constrained_layout=True)
    for offset, bits in zip((0.2, -0.2), widths):
        values = [at[name, bits]["accuracy"] for name in names]
        bars = right.barh([y + offset for y in range(len(names))], [number(value, PERCENT) for value in values], height=0.38,
                          label=f"operands of {bits} bits")
        right.bar_label(bars, labels=["failed" if value is None else f"{PERCENT * value:.1f}" for value in values], fontsize=7,
                        padding=2)
    right.set(yticks=range(len(names)), yticklabels=names, xlabel="accuracy, %", xlim=(0, 112), title="multiplier and rounding")
    right.legend(loc="upper left", fontsize=8, bbox_to_anchor=(0, -0.09), ncols=2)
    values = [at[name, widths[0]]["pj_per_value"] or 0 for name in names]  # none: the energy table does not know it
    bars = cost.barh(range(len(names)), values, height=0.6, color="tab:green")
    cost.bar_label(bars, labels=[f"{value:.2f}" if value else "not known" for value in values], fontsize=7, padding=2)
    cost.set(xlabel="pJ a value", xlim=(0, 1.15 * max(values) or 1), title="what it costs")
    save(figure, folder / "requantizers.png")


def calibration(rows, folder):
    figure, axis = pyplot.subplots(figsize=(8, 5), constrained_layout=True)
    for index, method in enumerate(dict.fromkeys(row["method"] for row in rows)):
        some = [row for row in rows if row["method"] == method]
        axis.plot([row["bits"] for row in some], [PERCENT * row["accuracy"] for row in some], marker="os^vDPX"[index % 7],
                  markersize=5, label=method.replace("_", " "))
    axis.axhline(PERCENT * rows[0]["float_accuracy"], color="gray", linestyle=":", label="float")
    axis.set(xlabel="bits of activations and weights, one scale a tensor", ylabel="accuracy, %", ylim=(0, 104),
             title="how ranges are calibrated")
    axis.legend(fontsize=9)
    axis.grid(alpha=0.3)
    save(figure, folder / "calibration.png")


PLOTS = {"grid": grid, "accumulators": accumulators, "biases": biases, "requantizers": requantizers,
         "calibration": calibration}
