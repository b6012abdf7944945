#!/usr/bin/env python3
"""Unpacks recorded TensorFlow Lite results for tests/golden/tflite_network_test.cpp.

    tflite_unpack_goldens.py DATA_DIR OUT

DATA_DIR holds models/*.tflite and golden/<model>/{manifest.json, <input>/tensors.npz}: the input
and every operator's output as the reference kernels computed them. Writes OUT.bin, the tensors'
bytes one behind the other, and OUT.json: a list of inferences, each with its model's file and its
tensors' numbers, offsets and sizes in OUT.bin.
"""
import argparse
import hashlib
import json
import pathlib
import sys
import zipfile

from tflite_operator_cases import read_npy


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data_dir", metavar="DATA_DIR", type=pathlib.Path,
                        help="folder of models/*.tflite and golden/")
    parser.add_argument("out", metavar="OUT", help="OUT.bin and OUT.json are written")
    arguments = parser.parse_args()
    data_dir, out = arguments.data_dir, arguments.out
    models = {hashlib.sha256(path.read_bytes()).hexdigest(): str(path.resolve())
              for path in (data_dir / "models").glob("*.tflite")}
    cases = []
    with open(out + ".bin", "wb") as binary:
        for path in sorted((data_dir / "golden").glob("*/manifest.json")):
            manifest = json.loads(path.read_text())
            for npz_path in sorted(path.parent.glob("*/tensors.npz")):
                tensors = []
                with zipfile.ZipFile(npz_path) as npz:
                    for name in npz.namelist():
                        data, _ = read_npy(npz.read(name))
                        tensors.append({"id": int(name[1:].removesuffix(".npy")),
                                        "offset": binary.tell(), "bytes": len(data)})
                        binary.write(data)
                cases.append({"name": f"{path.parent.name}/{npz_path.parent.name}",
                              "model": models[manifest["model_sha256"]], "tensors": tensors,
                              "nodes": len(manifest["nodes"])})
    if not cases:
        sys.exit(f"tflite_unpack_goldens.py: {data_dir}: no golden/*/*/tensors.npz")
    pathlib.Path(out + ".json").write_text(json.dumps(cases))


if __name__ == "__main__":
    main()
