# RarePose on a CPU: docker build -t rarepose . && docker run --rm rarepose doctor
# With your data and a store outside: docker run --rm -v $PWD:/data rarepose run --config /data/rarepose.toml --store /data/store
FROM python:3.11-slim

# Warp compiles its kernels with its own compiler; gcc is for packages that have no wheel here.
RUN apt-get update && apt-get install --yes --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*

WORKDIR /opt/rarepose
COPY pyproject.toml README.md LICENSE ./
COPY pipeline pipeline
COPY rarepose rarepose
COPY smpl_assets smpl_assets
COPY style_transfer style_transfer
COPY training training
COPY configs configs

# torch from the CPU index would save gigabytes; the plain registry works everywhere, also behind a mirror: --build-arg PIP_INDEX_URL=...
ARG PIP_INDEX_URL
RUN pip install --no-cache-dir ".[onnx]" && rarepose doctor

RUN useradd --create-home rarepose && mkdir /work && chown rarepose /work
USER rarepose
WORKDIR /work
ENTRYPOINT ["rarepose"]
CMD ["--help"]
