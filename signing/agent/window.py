"""The same question as on the terminal, in a window of its own where there is a display.

Tk wants one thread only, so the agent's main thread draws (`run`) and the door's threads wait for the answer (`ask`).
Keyboard: Tab and Shift+Tab go round, Enter signs, Esc cancels, arrows read the list of files.
"""

import queue
import threading
import time
import tkinter
from collections.abc import Callable
from tkinter import font, ttk

from signing.agent.consent import SECONDS, Question
from signing.protocol import ProtocolError

LOOK = 200  # ms between looks at the page's socket
DEAF = 0.7  # s after the window came up: keys meant for another window are not taken
WIDTH = 600  # px
MOST_ROWS = 6
INK, PAPER, WARN, WARN_INK = "#1a1a1a", "#ffffff", "#fff4d6", "#7a4b00"


def is_possible() -> bool:
    """True where a window can be opened now."""
    try:
        tkinter.Tk().destroy()
    except tkinter.TclError:
        return False
    return True


class Window:
    """Asks in a window on top of everything, one question at a time."""

    def __init__(self, seconds: float = SECONDS):
        self.seconds = seconds
        self._asked: queue.Queue = queue.Queue()

    def run(self, ended: threading.Event) -> None:
        """Draw what is asked until the agent ends; in the main thread."""
        while not ended.is_set():
            try:
                question, is_open, answer = self._asked.get(timeout=0.5)
            except queue.Empty:
                continue
            try:
                answer.put(Sheet(question, is_open, self.seconds).wait())
            except tkinter.TclError as problem:
                answer.put(ProtocolError("no_window", str(problem)))

    def ask(self, question: Question, is_open: Callable[[], bool]) -> str | None:
        """The PIN typed by the person; None when it is typed on the token. Raises ProtocolError cancelled, timeout, closed."""
        answer: queue.Queue = queue.Queue()
        self._asked.put((question, is_open, answer))
        found = answer.get()
        if isinstance(found, ProtocolError):
            raise found
        return found

    def say(self, text: str) -> None:
        """How it ended is told by the page; no second window."""


class Sheet:
    """One window with one question; `wait` gives the PIN, None for a token with its own keys, or a ProtocolError."""

    def __init__(self, question: Question, is_open: Callable[[], bool], seconds: float):
        self.question, self.is_open = question, is_open
        self.outcome = ProtocolError("cancelled")
        self.shown = time.monotonic()
        self.until = self.shown + seconds
        self.root = tkinter.Tk(className="VanThuKy")
        self.root.withdraw()
        self._dress()
        self._tell()
        self._form()
        self.root.bind("<Escape>", lambda _event: self.root.destroy())
        self.root.protocol("WM_DELETE_WINDOW", self.root.destroy)
        self._show()

    def wait(self):
        """Block until it is answered, closed, or over."""
        self.root.mainloop()
        return self.outcome

    def _dress(self):
        self.root.title("Văn Thư – yêu cầu ký số")
        self.root.configure(background=PAPER, padx=18, pady=14)
        self.root.resizable(False, False)
        self.plain = font.nametofont("TkDefaultFont")
        self.plain.configure(size=11)
        font.nametofont("TkTextFont").configure(size=11)
        family = self.plain.actual("family")
        self.bold = font.Font(family=family, size=11, weight="bold")
        self.large = font.Font(family=family, size=14, weight="bold")
        style = ttk.Style(self.root)
        style.theme_use("clam")
        style.configure("TButton", padding=(18, 8))
        style.configure("Sign.TButton", font=self.bold, background="#1f5fa8", foreground=PAPER)
        style.map("Sign.TButton", background=[("active", "#174a85"), ("focus", "#174a85")])

    def _tell(self):
        asked = self.question
        self._label(asked.purpose, self.large, pady=(0, 2))
        self._label(asked.title, self.bold, pady=(0, 8))
        facts = tkinter.Frame(self.root, background=PAPER)
        facts.pack(fill="x")
        rows = (
            ("Nơi yêu cầu", asked.origin),
            ("Người yêu cầu", f"{asked.person} – {asked.agency}"),
            ("Chứng thư", asked.holder),
            ("Thiết bị", asked.token),
            ("Số tệp", asked.amount),
        )
        for row, (name, value) in enumerate(rows):
            tkinter.Label(facts, text=name, background=PAPER, foreground="#555555", font=self.plain).grid(
                row=row, column=0, sticky="nw", padx=(0, 12), pady=1
            )
            tkinter.Label(
                facts, text=value, background=PAPER, foreground=INK, font=self.plain, justify="left",
                anchor="w", wraplength=WIDTH - 140,
            ).grid(row=row, column=1, sticky="w", pady=1)  # fmt: skip
        self._files()
        for note in asked.notes:
            self._label(f"⚠ {note}", self.bold, background=WARN, foreground=WARN_INK, padx=8, pady=6)

    def _files(self):
        frame = tkinter.Frame(self.root, background=PAPER)
        frame.pack(fill="x", pady=(6, 8))
        files = self.question.files
        listed = tkinter.Listbox(
            frame, height=min(MOST_ROWS, len(files)), font=self.plain, activestyle="dotbox", relief="solid",
            borderwidth=1, highlightthickness=2, highlightcolor="#1f5fa8", exportselection=False,
        )  # fmt: skip
        for number, text in enumerate(files, 1):
            listed.insert("end", f" {number}. {text}")
        listed.pack(side="left", fill="both", expand=True)
        if len(files) > MOST_ROWS:
            bar = ttk.Scrollbar(frame, command=listed.yview)
            listed.configure(yscrollcommand=bar.set)
            bar.pack(side="right", fill="y")
        if max(self.plain.measure(text) for text in files) > WIDTH - 60:
            whole = self._label(f"1. {files[0]}", self.plain, foreground="#555555", pady=(0, 6))

            def show(_event):
                row = listed.index("active")
                whole.configure(text=f"{row + 1}. {files[row]}")

            for event in (
                "<<ListboxSelect>>",
                "<KeyRelease-Down>",
                "<KeyRelease-Up>",
                "<KeyRelease-Next>",
                "<KeyRelease-Prior>",
            ):
                listed.bind(event, show)

    def _form(self):
        pad = self.question.pad
        self.hint = self._label(
            "Bấm Ký rồi nhập mã PIN trên bàn phím của thiết bị." if pad else "Mã PIN của thiết bị:",
            self.bold,
            pady=(2, 2),
        )
        self.entry = tkinter.Entry(
            self.root, show="•", font=self.large, relief="solid", borderwidth=1, highlightthickness=2,
            highlightcolor="#1f5fa8", foreground=INK, background=PAPER,
        )  # fmt: skip
        if not pad:
            self.entry.pack(fill="x", pady=(0, 4))
            self.entry.bind("<Return>", self._agree)
            self.entry.bind("<KP_Enter>", self._agree)
        self.clock = self._label("", self.plain, foreground="#555555")
        buttons = tkinter.Frame(self.root, background=PAPER)
        buttons.pack(fill="x", pady=(8, 0))
        self.sign = ttk.Button(buttons, text="Ký", style="Sign.TButton", command=self._agree)
        cancel = ttk.Button(buttons, text="Hủy (Esc)", command=self.root.destroy)
        self.sign.pack(side="right")
        cancel.pack(side="right", padx=(0, 10))
        self.sign.bind("<Return>", self._agree)
        cancel.bind("<Return>", lambda _event: self.root.destroy())

    def _label(self, text, face, background=PAPER, foreground=INK, padx=0, pady=0):
        label = tkinter.Label(
            self.root, text=text, font=face, background=background, foreground=foreground, anchor="w",
            justify="left", wraplength=WIDTH,
        )  # fmt: skip
        label.pack(fill="x", ipadx=padx, pady=pady)
        return label

    def _show(self):
        self.root.update_idletasks()
        width, height = self.root.winfo_reqwidth(), self.root.winfo_reqheight()
        x = max(0, (self.root.winfo_screenwidth() - width) // 2)
        y = max(0, (self.root.winfo_screenheight() - height) // 3)
        self.root.geometry(f"+{x}+{y}")
        self.root.attributes("-topmost", True)
        self.root.deiconify()
        self.root.lift()
        (self.sign if self.question.pad else self.entry).focus_force()
        self._look()

    def _agree(self, _event=None):
        if time.monotonic() - self.shown < DEAF:
            self.entry.delete(0, "end")
            return "break"
        if not self.question.pad and not self.entry.get():
            self.hint.configure(text="Hãy nhập mã PIN rồi bấm Ký, hoặc bấm Hủy:", foreground="#b00020")
            self.entry.focus_set()
            return "break"
        self.outcome = None if self.question.pad else self.entry.get()
        self.entry.delete(0, "end")
        self.root.destroy()
        return "break"

    def _look(self):
        left = self.until - time.monotonic()
        if not self.is_open():
            self.outcome = ProtocolError("closed")
        elif left <= 0:
            self.outcome = ProtocolError("timeout")
        else:
            self.clock.configure(text=f"Tự đóng sau {int(left) + 1} giây. Mã PIN chỉ đi thẳng vào thiết bị.")
            self.root.after(LOOK, self._look)
            return
        self.root.destroy()
