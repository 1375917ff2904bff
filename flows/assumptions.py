"""How often sessions have decided something by an assumption, in one line for the user."""

from collections import Counter
from collections.abc import Iterable

from sources.assumed import assumption
from sources.session import Session


def on_assumptions(sessions: Iterable[Session]) -> str:
    """`3 times on an assumption: …`, each by its setting; "" when there was nothing to decide."""
    counts: Counter[str] = Counter()
    for session in sessions:
        for kind, count in session.counts.items():
            if name := assumption(kind):
                counts[f"{session.venue}.{name}"] += count
    told = ", ".join(f"{count:,} {name}" for name, count in sorted(counts.items()) if count)
    total = counts.total()
    return f"{total:,} {'time' if total == 1 else 'times'} on an assumption: {told}" if told else ""
