"""The same question as `consent.Console`, in a window of its own where there is a display."""

import tkinter

from signing.agent.consent import SECONDS
from signing.protocol import ProtocolError


class Window:
    """Asks in a window of its own, on top of everything."""

    def __init__(self, seconds: float = SECONDS):
        self.seconds = seconds

    def pin(self, lines: list[str]) -> str:
        """The PIN typed by the person. Raises ProtocolError cancelled, timeout."""
        outcome = {"code": "cancelled", "pin": ""}
        root = tkinter.Tk()
        root.title("Văn Thư – yêu cầu ký số")
        root.attributes("-topmost", True)
        for line in lines:
            tkinter.Label(root, text=line, anchor="w", justify="left", wraplength=520).pack(
                fill="x", padx=16, pady=2
            )
        entry = tkinter.Entry(root, show="•")
        entry.pack(fill="x", padx=16, pady=8)
        entry.focus_force()

        def agree(_event=None):
            outcome["pin"] = entry.get()
            root.destroy()

        def expire():
            outcome["code"] = "timeout"
            root.destroy()

        tkinter.Button(root, text="Ký", command=agree).pack(side="right", padx=16, pady=12)
        tkinter.Button(root, text="Hủy", command=root.destroy).pack(side="right", pady=12)
        root.bind("<Return>", agree)
        root.bind("<Escape>", lambda _event: root.destroy())
        root.after(int(self.seconds * 1000), expire)
        root.mainloop()
        if not outcome["pin"]:
            raise ProtocolError(outcome["code"])
        return outcome["pin"]
