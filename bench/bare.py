"""The peer of the API's handler: what FastAPI on Mangum costs by itself."""

from fastapi import FastAPI
from mangum import Mangum

app = FastAPI()


@app.get("/")
def read() -> dict[str, str]:
    return {"status": "ok"}


handler = Mangum(app, lifespan="off")
