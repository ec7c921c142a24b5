"""
An application that takes uploads in every way the framework does, for a real server.
"""

from hashlib import sha256
from pathlib import Path
from typing import Annotated

from covet import CovetPy, Form, Request, UploadFile

app = CovetPy(body_limit=None)


def read_memory() -> dict[str, int]:
    """Read what the process holds: memory now and at most, open files, and files that have no name any more."""
    status = Path("/proc/self/status").read_text()
    sizes = {line.partition(":")[0]: line.split()[1] for line in status.splitlines() if line.startswith("Vm")}
    links = []
    for entry in Path("/proc/self/fd").iterdir():
        try:
            links.append(str(entry.readlink()))
        except OSError:
            continue
    return {
        "now": int(sizes["VmRSS"]) * 1024,
        # Not ru_maxrss, which a process inherits from the one that started it.
        "peak": int(sizes["VmHWM"]) * 1024,
        "deleted": sum("(deleted)" in link and "memfd" not in link for link in links),
    }


@app.get("/process", non_blocking=True)
def show_process() -> dict[str, int]:
    """Tell what the process holds."""
    return read_memory()


@app.post("/store")
async def store(photo: UploadFile, title: Annotated[str, Form()] = "") -> dict[str, object]:
    """Take a file as a typed parameter, and read it again."""
    digest = sha256()
    while chunk := await photo.read(256 * 1024):
        digest.update(chunk)
    return {"title": title, "size": photo.size, "digest": digest.hexdigest(), "in_memory": photo.is_in_memory}


@app.post("/pass")
async def pass_on(request: Request) -> dict[str, object]:
    """Take the parts as they come."""
    digest, size = sha256(), 0
    async for part in request.parts():
        async for chunk in part:
            digest.update(chunk)
            size += len(chunk)
    return {"size": size, "digest": digest.hexdigest()}


@app.post("/any", body_limit=1024 * 1024)
async def take_any(request: Request) -> dict[str, object]:
    """Take whatever is a form."""
    form = await request.form()
    return {"fields": len(form), "files": len(form.files)}
