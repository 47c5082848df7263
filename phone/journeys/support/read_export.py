"""Reads a workbook or a document that the office exported, with openpyxl or python-docx.

Prints JSON as `read-export` does: {"sheets": {name: [[cell as text]]}, "formulas": {name: [formula]},
"paper": {name: code of the sheet's paper}} or {"paragraphs": [text], "tables": [[[cell as text]]]}.
"""

import json
import sys
import zipfile

import docx
import openpyxl


def text(value):
    """As a person reads the cell."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value)


def workbook(path):
    # Once for what is reckoned, once for how it is.
    reckoned = openpyxl.load_workbook(open(path, "rb"), data_only=True)
    written = openpyxl.load_workbook(open(path, "rb"))
    formulas = {
        sheet.title: [cell.value for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
        for sheet in written
    }
    sheets = {sheet.title: [[text(cell) for cell in row] for row in sheet.values] for sheet in reckoned}
    return {
        "sheets": sheets,
        "formulas": formulas,
        "paper": {sheet.title: sheet.page_setup.paperSize for sheet in written},
    }


def document(path):
    opened = docx.Document(path)
    tables = [[[cell.text for cell in row.cells] for row in table.rows] for table in opened.tables]
    beside = [cell for table in tables for row in table for cell in row]
    paragraphs = [paragraph.text for paragraph in opened.paragraphs] + beside
    return {"paragraphs": [paragraph for paragraph in paragraphs if paragraph], "tables": tables}


def main():
    path = sys.argv[1]
    with zipfile.ZipFile(path) as archive:
        is_document = "word/document.xml" in archive.namelist()
    json.dump(document(path) if is_document else workbook(path), sys.stdout, ensure_ascii=True)


main()
