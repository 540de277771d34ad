#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""
map_picture.py FILE.svg

Holds a picture against what it must be: XML of known elements alone, every box and label inside of it
and over no other, every text inside of its box. Prints what is wrong, or how many boxes, labels and
lines there are.
"""
import sys
import unicodedata
import xml.etree.ElementTree as tree

NS = "{http://www.w3.org/2000/svg}"
KNOWN = {"svg", "title", "style", "rect", "g", "path", "text"}
ATTRIBUTES = {"class", "role", "width", "height", "viewBox", "x", "y", "rx", "d"}
# The widest of usual fonts of one width, of its size.
COLUMN = 0.61


def columns(text):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def box_of(rect):
    x, y, width, height = (float(rect.get(k)) for k in ("x", "y", "width", "height"))
    return x, y, x + width, y + height


def main():
    root = tree.parse(sys.argv[1]).getroot()
    problems, boxes = [], []
    for element in root.iter():
        if element.tag.removeprefix(NS) not in KNOWN:
            problems.append(f"element {element.tag}")
        problems += [f"attribute {name}" for name in element.keys() if name not in ATTRIBUTES]
    left, top, width, height = (float(n) for n in root.get("viewBox").split())
    groups = [g for g in root.iter(NS + "g") if "map-node" in g.get("class") or "map-label" in g.get("class")]
    for group in groups:
        box = box_of(group.find(NS + "rect"))
        if box[0] < left or box[1] < top or box[2] > left + width or box[3] > top + height:
            problems.append(f"a box is clipped: {box}")
        for text in group.iter(NS + "text"):
            size = 13 if text.get("class") == "map-service" else 11
            x, y = float(text.get("x")), float(text.get("y"))
            if x < box[0] or x + columns(text.text or "") * size * COLUMN > box[2] or y - size + 2 < box[1] or y + 2 > box[3]:
                problems.append(f"text leaves its box: {text.text!r}")
        boxes.append(box)
    for text in root.findall(NS + "text"):
        if float(text.get("x")) + columns(text.text) * 11 * COLUMN > left + width:
            problems.append(f"text is clipped: {text.text!r}")
    for i, a in enumerate(boxes):
        for b in boxes[i + 1:]:
            if a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]:
                problems.append(f"{a} is over {b}")
    if problems:
        print("\n".join(problems[:10]))
        return 1
    count = sum("map-node" in g.get("class") for g in groups)
    print(count, len(groups) - count, sum("map-edge" in g.get("class") for g in root.iter(NS + "g")))
    return 0


sys.exit(main())
