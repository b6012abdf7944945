#!/usr/bin/env python3
"""Cuts recorded TensorFlow Lite models into single operators for tests/golden/tflite_golden_test.cpp.

    tflite_operator_cases.py DATA_DIR OUT

DATA_DIR holds models/*.tflite and golden/<model>/{manifest.json, <input>/tensors.npz}: each
operator's output as the reference kernels computed it. Writes OUT.bin, all tensors one behind the
other as int8 or int32, and OUT.json, a list of operators: their constants, and their tensors
(ifmap, weight and bias or second operand, last the ofmap) with offsets into OUT.bin.
"""
import argparse
import ast
import hashlib
import json
import pathlib
import struct
import sys
import zipfile

WIDTH = {"INT8": 1, "INT32": 4}
NPY_WIDTH = {"|i1": 1, "<i4": 4}


class Flatbuffer:
    """As much of the format as leads to a model's constants; vtable slots are schema_v3's."""

    def __init__(self, data):
        self.data = data

    def read(self, at, kind="<I"):
        return struct.unpack_from(kind, self.data, at)[0]

    def follow(self, at):
        return at + self.read(at)

    def field(self, table, slot):
        vtable = table - self.read(table, "<i")
        entry = 4 + 2 * slot
        offset = self.read(vtable + entry, "<H") if entry < self.read(vtable, "<H") else 0
        return table + offset if offset else None

    def vector(self, table, slot):
        """(address of the first element, count)"""
        field = self.field(table, slot)
        if field is None:
            return 0, 0
        start = self.follow(field)
        return start + 4, self.read(start)

    def tables(self, table, slot):
        start, count = self.vector(table, slot)
        return [self.follow(start + 4 * i) for i in range(count)]

    def constants(self):
        """Bytes of each tensor of the first subgraph; empty for activations."""
        model = self.follow(0)
        buffers = []
        for buffer in self.tables(model, 4):
            start, count = self.vector(buffer, 0)
            buffers.append(self.data[start:start + count])
        tensors = self.tables(self.tables(model, 2)[0], 0)
        slots = [self.field(tensor, 2) for tensor in tensors]
        return [buffers[self.read(slot)] if slot else b"" for slot in slots]


def read_npy(data):
    """(bytes, bytes per element) of a C-ordered .npy file of format 1.0."""
    length = struct.unpack_from("<H", data, 8)[0]
    header = ast.literal_eval(data[10:10 + length].decode("latin1"))
    assert not header["fortran_order"], "Fortran order"
    return data[10 + length:], NPY_WIDTH.get(header["descr"])


class Cutter:
    def __init__(self, manifest, model, binary):
        self.manifest = manifest
        self.constants = Flatbuffer(model).constants()
        self.binary = binary
        self.tensors = {tensor["id"]: tensor for tensor in manifest["tensors"]}

    def zero_point(self, tensor_id):
        return self.tensors[tensor_id]["quant"]["zero_point"][0]

    def store(self, data, width, shape):
        offset = self.binary.tell()
        self.binary.write(data)
        return {"offset": offset, "width": width, "shape": shape}

    def tensor(self, npz, tensor_id):
        info = self.tensors[tensor_id]
        name = f"t{tensor_id}.npy"
        if name in npz.namelist():
            data, width = read_npy(npz.read(name))
            assert width == WIDTH[info["type"]]
        else:
            data, width = self.constants[tensor_id], WIDTH[info["type"]]
        return self.store(data, width, info["shape"])

    def depthwise_weight(self, tensor_id):
        """[1][kh][kw][oc] as [oc][kh][kw][1]."""
        _, kernel_h, kernel_w, channels = self.tensors[tensor_id]["shape"]
        data = self.constants[tensor_id]
        turned = b"".join(data[channel::channels] for channel in range(channels))
        return self.store(turned, 1, [channels, kernel_h, kernel_w, 1])

    def window(self, node, kernel, ifmap, ofmap):
        options, derived = node["options"], node["derived"]
        window = {"kernel_h": kernel[0], "kernel_w": kernel[1],
                  "pad_top": derived["pad_top"], "pad_left": derived["pad_left"]}
        for axis, (side, before, after) in enumerate((("h", "pad_top", "pad_bottom"),
                                                      ("w", "pad_left", "pad_right"))):
            stride = options[f"stride_{side}"]
            dilation = options.get(f"dilation_{side}", 1)
            reach = (ofmap[axis + 1] - 1) * stride + (kernel[axis] - 1) * dilation + 1
            window |= {f"stride_{side}": stride, f"dilation_{side}": dilation,
                       after: max(reach - ifmap[axis + 1] - window[before], 0)}
        return window

    def case(self, node, npz):
        op, derived, options = node["op"], node["derived"], node["options"]
        inputs = [tensor_id for tensor_id in node["inputs"] if tensor_id >= 0]
        output = node["outputs"][0]
        shape = self.tensors[inputs[0]]["shape"]
        case = {"op": op, "node": node["index"],
                "clamp_min": derived["act_min"], "clamp_max": derived["act_max"]}
        if op in ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"):
            weight = (self.depthwise_weight(inputs[1]) if op == "DEPTHWISE_CONV_2D"
                      else self.tensor(npz, inputs[1]))
            case |= {"multiplier": derived["multiplier"], "exponent": derived["shift"],
                     "ifmap_zero_point": self.zero_point(inputs[0]),
                     "zero_point": self.zero_point(output)}
            case["tensors"] = [self.tensor(npz, inputs[0]), weight]
            case["tensors"] += [self.tensor(npz, tensor_id) for tensor_id in inputs[2:]]
            if op != "FULLY_CONNECTED":
                case["groups"] = shape[3] if op == "DEPTHWISE_CONV_2D" else 1
                case["window"] = self.window(node, weight["shape"][1:3], shape,
                                             self.tensors[output]["shape"])
        elif op == "ADD":
            case |= {key: derived[key] for key in derived if "multiplier" in key or "shift" in key}
            case |= {"zero_points": [self.zero_point(tensor_id) for tensor_id in inputs],
                     "zero_point": self.zero_point(output)}
            case["tensors"] = [self.tensor(npz, tensor_id) for tensor_id in inputs]
        else:
            case["window"] = self.window(node, (options["filter_h"], options["filter_w"]), shape,
                                         self.tensors[output]["shape"])
            case["tensors"] = [self.tensor(npz, inputs[0])]
        case["tensors"].append(self.tensor(npz, output))
        return case


OPERATORS = {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "ADD", "AVERAGE_POOL_2D",
             "MAX_POOL_2D"}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data_dir", metavar="DATA_DIR", type=pathlib.Path,
                        help="folder of models/*.tflite and golden/")
    parser.add_argument("out", metavar="OUT", help="OUT.bin and OUT.json are written")
    arguments = parser.parse_args()
    data_dir, out = arguments.data_dir, arguments.out
    models = {hashlib.sha256(path.read_bytes()).hexdigest(): path.read_bytes()
              for path in (data_dir / "models").glob("*.tflite")}
    cases = []
    with open(out + ".bin", "wb") as binary:
        for path in sorted((data_dir / "golden").glob("*/manifest.json")):
            manifest = json.loads(path.read_text())
            cutter = Cutter(manifest, models[manifest["model_sha256"]], binary)
            for tensors in sorted(path.parent.glob("*/tensors.npz")):
                where = f"{path.parent.name}/{tensors.parent.name}"
                with zipfile.ZipFile(tensors) as npz:
                    cases += [{"from": where} | cutter.case(node, npz)
                              for node in manifest["nodes"] if node["op"] in OPERATORS]
    if not cases:
        sys.exit(f"tflite_operator_cases.py: {data_dir}: no golden/*/*/tensors.npz")
    pathlib.Path(out + ".json").write_text(json.dumps(cases))


if __name__ == "__main__":
    main()
