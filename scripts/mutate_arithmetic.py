#!/usr/bin/env python3
"""Breaks the arithmetic of requantization, one place at a time, and asks its unit tests to notice.

    scripts/mutate_arithmetic.py [--random] [--list]

Each mutant is one replacement in one source file. The file is compiled with it, in a folder of its own, and linked with the
unit tests of that arithmetic, of which those on random values are left out (unless --random): ties, extremes and bounds must
find the fault by themselves. Exit code 1 if a mutant lives, or if the sources as they are fail; 77 without a compiler or
libgtest-dev. A replacement that no longer matches its source is an error: it is to be written anew.
"""

import argparse
import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import systole

ROOT = systole.ROOT
SKIPPED = 77

REQUANT = "models/requant/requantize.cpp"
FLOATS = "models/requant/float_scale.cpp"
LFSR = "models/requant/lfsr_stream.cpp"
NARROWED = "sim/network/requantizer.cpp"
PSUM = "sim/storage/psum.hpp"
GOLDEN = "models/golden/requantize.cpp"
FIXED = "models/golden/fixed_point.hpp"

# A program: its test sources, and the sources of the arithmetic that it tests.
PROGRAMS = {
    "machine": (["tests/unit/requantize_test.cpp", "tests/unit/psum_test.cpp"], [REQUANT, FLOATS, LFSR, NARROWED]),
    "golden": (["tests/unit/golden_requantize_test.cpp"], [GOLDEN, "models/golden/binary32.cpp", NARROWED]),
}

# What goes wrong, file, text, text in its place.
MUTANTS = [
    ("nearest even: ties go up", REQUANT, "up = rest > half || (rest == half && (quotient & 1) != 0);", "up = rest >= half;"),
    ("nearest even: ties go to the odd", REQUANT, "(quotient & 1) != 0)", "(quotient & 1) == 0)"),
    ("nearest away: negative ties go up", REQUANT, "up = rest > half || (rest == half && x >= 0);", "up = rest >= half;"),
    ("half up: ties go down", REQUANT, "      up = rest >= half;", "      up = rest > half;"),
    ("floor rounds up what is not exact", REQUANT, "case Rounding::Floor:\n      break;",
     "case Rounding::Floor:\n      up = rest != 0;\n      break;"),
    ("toward zero is floor", REQUANT, "up = rest != 0 && x < 0;", "up = false;"),
    ("toward zero rounds the exact up", REQUANT, "up = rest != 0 && x < 0;", "up = x < 0;"),
    ("stochastic: carries one too early", REQUANT, "up = rest + added >= std::int64_t{1} << shift;",
     "up = rest + added >= (std::int64_t{1} << shift) - 1;"),
    ("stochastic: takes the word's lower bits", REQUANT, "random >> (32 - shift)",
     "static_cast<std::int64_t>(random & ((std::uint64_t{1} << shift) - 1))"),
    ("half is one bit too low", REQUANT, "std::int64_t{1} << (shift - 1);", "std::int64_t{1} << (shift > 1 ? shift - 2 : 0);"),
    ("a shift of 0 rounds", REQUANT, "if (shift == 0) {\n    return x;\n  }", "if (shift == 0) {\n    shift = 1;\n  }"),
    ("shift of the product is off by one", REQUANT,
     "return rounding_shift_right(product, static_cast<std::uint32_t>(31 - entry.exponent), rounding,",
     "return rounding_shift_right(product, static_cast<std::uint32_t>(30 - entry.exponent), rounding,"),
    ("doubling high product: the nudge is off by one", REQUANT, "1 - (std::int64_t{1} << 30)", "-(std::int64_t{1} << 30)"),
    ("doubling high product: no saturation", REQUANT, "return std::numeric_limits<std::int32_t>::max();",
     "return std::numeric_limits<std::int32_t>::min();"),
    ("doubling high product: truncated", REQUANT, "(product + nudge) / ", "product / "),
    ("tflite: the second rounding goes to even", REQUANT, "return rounding_shift_right(high, right, Rounding::NearestAway);",
     "return rounding_shift_right(high, right, Rounding::NearestEven);"),
    ("tflite: left shift is forgotten", REQUANT, "doubling_high_multiply(shift_left(x, left), entry.multiplier)",
     "doubling_high_multiply(x, entry.multiplier)"),
    ("shift only: left shift is forgotten", REQUANT, "return left > 0 ? shift_left(x, left)", "return left > 0 ? x"),
    ("the zero point is added after the clamp", REQUANT,
     "std::clamp<std::int64_t>(scaled + unit.zero_point, unit.clamp_min, unit.clamp_max));",
     "std::clamp<std::int64_t>(scaled, unit.clamp_min, unit.clamp_max) + unit.zero_point);"),
    ("no lower clamp", REQUANT, "scaled + unit.zero_point, unit.clamp_min,", "scaled + unit.zero_point, INT64_C(-2147483648),"),
    ("no upper clamp", REQUANT, "unit.clamp_min, unit.clamp_max));", "unit.clamp_min, INT64_C(2147483647)));"),
    ("the result wraps before the clamp", REQUANT, "std::clamp<std::int64_t>(scaled + unit.zero_point,",
     "std::clamp<std::int64_t>(static_cast<std::int32_t>(static_cast<std::uint32_t>(scaled) + "
     "static_cast<std::uint32_t>(unit.zero_point)),"),
    ("float: the accumulator is not rounded first", FLOATS, "return static_cast<float>(x);",
     "return static_cast<float>(x & ~std::int64_t{1});"),
    ("float: rounds to the nearest integer, ties away", FLOATS, "return std::llrint(std::clamp(x, -kLargest, kLargest));",
     "return std::llround(std::clamp(x, -kLargest, kLargest));"),
    ("float: no saturation", FLOATS, "std::llrint(std::clamp(x, -kLargest, kLargest))", "std::llrint(x)"),
    ("LFSR: a tap is wrong", LFSR, "(out << 29)", "(out << 30)"),
    ("multiplier bits: truncated", NARROWED, "(std::int64_t{q.multiplier} + half)", "std::int64_t{q.multiplier}"),
    ("multiplier bits: the exponent does not follow a carry", NARROWED, "QuantizedMultiplier{1 << 30, q.exponent + 1}",
     "QuantizedMultiplier{1 << 30, q.exponent}"),
    ("psum: a sum that just fits counts as overflow", PSUM, "sum <= format.max()", "sum < format.max()"),
    ("psum: the least sum counts as overflow", PSUM, "sum >= format.min()", "sum > format.min()"),
    ("psum: saturates to the wrong end", PSUM, "return negative ? format.min() : format.max();",
     "return negative ? format.max() : format.min();"),
    ("psum: wraps where it is to saturate", PSUM, "if (format.overflow == Overflow::Wrap) {", "if (true) {"),
    ("psum: overflow is not counted", PSUM, "  ++overflows;\n", ""),
    ("golden: nearest even, ties go up", GOLDEN, "fraction > half || (fraction == half && floor % 2 != 0)", "fraction >= half"),
    ("golden: nearest away, negative ties go up", GOLDEN, "(fraction == half && value > 0)", "(fraction == half)"),
    ("golden: half up, ties go down", GOLDEN, "(fraction >= half ? 1 : 0)", "(fraction > half ? 1 : 0)"),
    ("golden: toward zero is floor", GOLDEN, "return floor + (value < 0 ? 1 : 0);", "return floor;"),
    ("golden: the product's shift is off by one", GOLDEN, "rounded_shift(acc * multiplier, 31 - exponent,",
     "rounded_shift(acc * multiplier, 30 - exponent,"),
    ("golden: the zero point is forgotten", GOLDEN, "scale(acc, channel, requant, random) + requant.zero_point;",
     "scale(acc, channel, requant, random);"),
    ("golden: exponents beyond the unit's pass", GOLDEN, "exponent > kMaxExponent", "exponent > kMaxExponent + 1"),
    ("golden: the high product rounds to even", FIXED, "product + (std::int64_t{1} << 30)",
     "product + (std::int64_t{1} << 30) - 1 + ((product >> 31) & 1)"),
    ("golden: the division rounds half up", FIXED, "value < 0 && bits > 0 ? 1 : 0", "0"),
    ("golden: the high product does not saturate", FIXED, "return std::numeric_limits<std::int32_t>::max();",
     "return std::numeric_limits<std::int32_t>::min();"),
]


class Workshop:
    """Compiles sources to objects and links programs, in one folder."""

    def __init__(self, folder):
        self.folder = folder
        self.compiler = os.environ.get("CXX", "c++")

    def compile(self, source, name, overlay=None):
        target = self.folder / f"{name}.o"
        includes = [f"-I{overlay}"] if overlay else []
        found = overlay / source if overlay and (overlay / source).exists() else ROOT / source
        subprocess.run([self.compiler, "-std=c++17", "-O0", "-w", "-ffp-contract=off", *includes, f"-I{ROOT}", "-c", found,
                        "-o", target], check=True, capture_output=True, text=True)
        return target

    def program(self, name, overlay=None, changed="", objects=None):
        """The program with `changed` taken from the overlay; the other objects as they are."""
        tests, sources = PROGRAMS[name.split("-")[0]]
        parts = []
        for source in [*tests, *sources]:
            again = objects is None or source == changed or (changed.endswith(".hpp") and (source in tests or changed == FIXED))
            label = f"{name}_{source.replace('/', '_')}"
            parts.append(self.compile(source, label, overlay) if again else objects[source])
        binary = self.folder / name
        subprocess.run([self.compiler, *parts, "-lgtest", "-lgtest_main", "-lpthread", "-o", binary], check=True,
                       capture_output=True, text=True)
        return binary, dict(zip([*tests, *sources], parts))


def passes(binary, with_random):
    words = [binary, "--gtest_brief=1"] + ([] if with_random else ["--gtest_filter=-*Random*"])
    try:
        return subprocess.run(words, capture_output=True, timeout=60, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def program_of(file):
    return "golden" if file in (GOLDEN, FIXED) else "machine"


def mutated(index, folder):
    """A folder with the one source that the mutant changes."""
    what, file, old, new = MUTANTS[index]
    text = (ROOT / file).read_text(encoding="utf-8")
    if text.count(old) < 1:
        raise SystemExit(f"mutate_arithmetic.py: '{what}': {file} does not have: {old}")
    overlay = folder / f"mutant{index}"
    (overlay / file).parent.mkdir(parents=True)
    (overlay / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    return overlay


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--random", action="store_true", help="the tests on random values too")
    parser.add_argument("--list", action="store_true", help="names the mutants and ends")
    parser.add_argument("-j", "--jobs", type=systole.positive, default=os.cpu_count())
    options = parser.parse_args()
    if options.list:
        print("\n".join(f"{file}: {what}" for what, file, _, _ in MUTANTS))
        return 0
    if shutil.which(os.environ.get("CXX", "c++")) is None or not pathlib.Path("/usr/include/gtest/gtest.h").exists():
        print("skipped: needs a C++ compiler and libgtest-dev")
        return SKIPPED
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        workshop = Workshop(folder)
        objects = {}
        for program in PROGRAMS:
            binary, objects[program] = workshop.program(program)
            if not passes(binary, options.random):
                print(f"the tests of the {program}'s arithmetic fail as it is")
                return 1

        def survives(index):
            file = MUTANTS[index][1]
            program = program_of(file)
            binary, _ = workshop.program(f"{program}-{index}", mutated(index, folder), file, objects[program])
            return passes(binary, options.random)

        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            alive = list(pool.map(survives, range(len(MUTANTS))))
    for lives, (what, file, _, _) in zip(alive, MUTANTS):
        print(f"{'LIVES ' if lives else 'killed'}  {file}: {what}")
    print(f"{len(MUTANTS) - sum(alive)} of {len(MUTANTS)} mutants killed")
    return 1 if any(alive) else 0


if __name__ == "__main__":
    sys.exit(main())
