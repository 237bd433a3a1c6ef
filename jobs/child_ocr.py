"""Child program of reading.py, run inside the sandbox: OCRmyPDF with its own arguments, telling progress on stdout.

OCRmyPDF turns stdout into stderr (a PDF might be written there), so the way out is kept aside for ocr_plugin.py.
"""

import os
import sys

from ocrmypdf.__main__ import run

if __name__ == "__main__":
    os.environ["VANTHU_OCR_PROGRESS"] = str(os.dup(1))
    sys.exit(run(sys.argv[1:]))
