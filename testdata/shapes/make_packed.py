#!/usr/bin/env python3
"""Makes the packed files, the workbook and the texts in UTF-16 of this folder, with Python's standard library alone."""

import bz2
import lzma
import zipfile
from pathlib import Path

SHAPES = Path(__file__).parent

ROWS = ['{"Host":"srv-1","n":1,"When":"2026-03-14T12:00:00Z"}\n', '{"Host":"srv-2","n":2,"When":null}\n']
CSV = ["Host,n,Grüße\r\n", "srv-1,1,東京\r\n", '"srv,2",2,\r\n']

SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'


def text(value):
    """A cell of text that stands in the sheet."""
    return f't="inlineStr"><is><t>{value}</t></is>'


def shared(index):
    return f't="s"><v>{index}</v>'


def number(value, style=0):
    return f's="{style}"><v>{value}</v>'


def sheet(rows):
    lines = []
    for r, cells in rows:
        line = "".join(f'<c r="{chr(65 + c)}{r}" {cell}</c>' for c, cell in cells)
        lines.append(f'<row r="{r}">{line}</row>')
    return SHEET.format("".join(lines))


def workbook(path):
    assets = sheet([
        (2, list(enumerate(map(text, ["Host", "Serial", "Price", "Seen", "Uptime", "Live", "Note"])))),
        (3, list(enumerate([shared(0), text("007"), number(1250), number(46095.5, 1), number(1.5, 2), 't="b"><v>1</v>',
                            text("a &quot;quoted&quot;, note")]))),
        (5, [(0, shared(1)), (1, text("12")), (2, number(0.25)), (3, 't="e"><v>#N/A</v>'), (4, number(0.0000115740740740741, 2)),
             (5, 't="b"><v>0</v>')]),
    ])
    events = sheet([
        (1, list(enumerate(map(text, ["Timestamp", "DeviceName", "ActionType"])))),
        (2, [(0, number(46095.500000011576, 1)), (1, text("ws-1")), (2, text("UsbDriveMounted"))]),
    ])
    names = ["Assets", "DeviceEvents", "Empty"]
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    package = "http://schemas.openxmlformats.org/package/2006"
    sheets = "".join(f'<sheet name="{n}" sheetId="{i}" r:id="rId{i}"/>' for i, n in enumerate(names, 1))
    targets = "".join(
        f'<Relationship Id="rId{i}" Type="{kind}/worksheet" Target="worksheets/sheet{i}.xml"/>' for i in (1, 2, 3))
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="rId1" Type="{kind}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {main} xmlns:r="{kind}"><sheets>{sheets}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">{targets}<Relationship Id="rId4" Type="{kind}/styles" Target="styles.xml"/><Relationship Id="rId5" Type="{kind}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet {main}><numFmts count="1"><numFmt numFmtId="164" formatCode="[h]:mm:ss"/></numFmts><cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="22"/><xf numFmtId="164"/></cellXfs></styleSheet>',
        "xl/sharedStrings.xml": f'<sst {main} count="2" uniqueCount="2"><si><t>srv-1</t></si><si><t>東京</t></si></sst>',
        "xl/worksheets/sheet1.xml": assets,
        "xl/worksheets/sheet2.xml": events,
        "xl/worksheets/sheet3.xml": SHEET.format(""),
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), '<?xml version="1.0" encoding="UTF-8"?>' + content)


def main():
    # Two members each: what `cat a b` makes.
    (SHAPES / "logs.ndjson.bz2").write_bytes(b"".join(bz2.compress(row.encode()) for row in ROWS))
    (SHAPES / "hosts.csv.xz").write_bytes(b"".join(lzma.compress(row.encode()) for row in CSV))
    (SHAPES / "unmarked_le.csv").write_bytes("".join(CSV).encode("utf-16-le"))
    (SHAPES / "unmarked_be.ndjson").write_bytes("".join(ROWS).encode("utf-16-be"))
    (SHAPES / "security.evtx").write_bytes(b"ElfFile\0" + bytes(120))
    workbook(SHAPES / "workbook.xlsx")


if __name__ == "__main__":
    main()
