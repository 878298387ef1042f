"""Judges the order of a receiver's calls.

order.py TRACE DESTINATION big|small

TRACE is of strace -f -y. A call counts from its first line to its last: what must come after a sync comes after its end.
"""

import re
import sys

LINE = re.compile(r"^(\d+)\s+(?:(\w+)\((.*)|<\.\.\. (\w+) resumed>(.*))$")
WRITES = {"write", "pwrite64", "writev", "pwritev", "pwritev2", "splice", "copy_file_range", "ftruncate", "fallocate"}
SYNCS = {"fsync", "fdatasync"}
RENAMES = {"rename", "renameat", "renameat2", "linkat"}


class Call:
    def __init__(self, name, text, begin):
        self.name, self.text, self.begin, self.end = name, text, begin, None

    def path(self):
        """Of the descriptor that stands first."""
        found = re.match(r"-?\w+<([^>]*)>", self.text)
        return found.group(1) if found else ""

    def names(self):
        return re.findall(r'"([^"]*)"', self.text)

    def worked(self):
        return re.search(r"= -1 ", self.text) is None


def read(path):
    calls, open_calls = [], {}
    for at, line in enumerate(open(path, errors="replace")):
        found = LINE.match(line.rstrip("\n"))
        if not found:
            continue
        process, name, text, resumed, rest = found.groups()
        if resumed:
            call = open_calls.pop(process)
            call.text, call.end = call.text + rest, at
            continue
        call = Call(name, text, at)
        calls.append(call)
        if text.endswith("<unfinished ...>"):
            call.text = text.removesuffix("<unfinished ...>")
            open_calls[process] = call
        else:
            call.end = at
    return [call for call in calls if call.worked()]


def judge(condition, text):
    if not condition:
        sys.exit(f"failed: {text}")


def big(calls, destination):
    rename = [call for call in calls if call.name in RENAMES and call.names()[-1:] == ["big"]]
    judge(len(rename) == 1, f"{len(rename)} renames to the final name")
    rename = rename[0]
    part = f"{destination}/{rename.names()[0]}"
    writes = [call for call in calls if call.name in WRITES and call.path() in (part, f"{destination}/big")]
    judge(writes, "no writes")
    judge(max(call.end for call in writes) < rename.begin, "written after the rename")
    last = max(call.end for call in writes)
    syncs = [call for call in calls if call.name in SYNCS and call.path() == part and call.begin > last]
    judge(syncs, "no sync of the file after its last byte")
    judge(syncs[0].end < rename.begin, "renamed before the sync was over")
    touched = [call for call in calls if call.name in ("fchmod", "utimensat") and call.path() == part]
    judge(all(call.end < syncs[-1].begin for call in touched), "mode or time set after the sync")
    after = [call for call in calls if call.name in SYNCS and call.path() == destination and call.begin > rename.end]
    judge(after, "no sync of the directory after the rename")
    told(calls, after[0].end, destination)
    print(f"# {len(writes)} writes, {syncs[0].name}, {rename.name}, {after[0].name} of the directory")


def small(calls, destination):
    # Directories have their final names when they are made.
    renames = [call for call in calls if call.name in RENAMES and re.fullmatch(r"\d+", call.names()[-1])]
    judge(len(renames) == 600, f"{len(renames)} renames")
    syncs = [call for call in calls if call.name == "syncfs"]
    judge(syncs, "no syncfs")
    alone = [call for call in calls if call.name in SYNCS]
    judge(len(alone) < 60, f"{len(alone)} files synced alone")
    writes = {}
    for call in calls:
        if call.name in WRITES and call.path().startswith(f"{destination}/many"):
            writes[call.path()] = call.end
    for rename in renames:
        directory = re.search(r"<([^>]*)>", rename.text).group(1)
        part = f"{directory}/{rename.names()[0]}"
        judge(part in writes, f"{part} never written")
        before = [sync for sync in syncs if writes[part] < sync.begin and sync.end < rename.begin]
        judge(before, f"no sync between the last byte of {part} and its name")
        after = syncs + [call for call in alone if call.path() == directory]
        judge(any(sync.begin > rename.end for sync in after), f"no sync of {directory} after {part} got its name")
    last = max(rename.end for rename in renames)
    told(calls, min(sync.end for sync in syncs + alone if sync.begin > last), destination)
    print(f"# {len(renames)} files, {len(syncs)} syncfs, {len(alone)} of single files or directories")


def told(calls, safe, destination):
    """Nothing is said to be stored, and nothing is changed any more, once all is safe."""
    said = [call for call in calls if call.name == "write" and call.text.startswith("1<") and call.begin < safe]
    judge(not said, f"said too early: {[call.text for call in said]}")
    late = [call for call in calls if call.name in WRITES | RENAMES and call.path().startswith(destination)]
    judge(all(call.begin < safe for call in late if ".bw-" not in call.path()), "something changed afterwards")


trace, destination, kind = sys.argv[1:]
{"big": big, "small": small}[kind](read(trace), destination)
