"""Where PyInstaller begins (README.md, section 1)."""

import sys

from signing.agent.__main__ import main

sys.exit(main())
