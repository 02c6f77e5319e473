# Over standard input and output: docker run -i websocket-mcp
# Over HTTP: docker run -p 8000:8000 -e WS_MCP_TOKEN websocket-mcp serve --http --host 0.0.0.0 --allowed-host …
FROM python:3.13-slim AS build
WORKDIR /src
COPY . .
RUN pip wheel --no-cache-dir --wheel-dir /wheels .

FROM python:3.13-slim
RUN --mount=type=bind,from=build,source=/wheels,target=/wheels \
    pip install --no-cache-dir --no-index --find-links /wheels /wheels/websocket_mcp-*.whl \
    && useradd --uid 10001 --create-home websocket
USER 10001
ENV HOME=/home/websocket PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
# The search index belongs to the image: every container starts with it.
RUN ["websocket-mcp", "search", "ping", "--limit", "1"]
WORKDIR /home/websocket
EXPOSE 8000
STOPSIGNAL SIGTERM
ENTRYPOINT ["websocket-mcp"]
CMD ["serve"]
