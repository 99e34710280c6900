# Nameplate: API and dashboard in one process, on port 8050. Every request needs a token;
# it does not start before there is one: docker run --rm with the same volume and
# database, nameplate tokens create NAME --role admin
FROM python:3.12-slim-trixie AS build
WORKDIR /src
RUN python -m venv /opt/nameplate
COPY pyproject.toml constraints.txt README.md LICENSE NOTICE ./
COPY twin twin
COPY store store
COPY api api
COPY app app
COPY cli cli
COPY migrations migrations
COPY assets assets
COPY deploy/first_tokens.py deploy/first_tokens.py
COPY examples examples
COPY docs/glossary.md docs/glossary.md
COPY docs/models docs/models
COPY docs/results docs/results
# editable, so that migrations and assets are found beside the packages
RUN /opt/nameplate/bin/pip install --no-cache-dir --constraint constraints.txt --editable ".[dask,mcp,oidc,pdf]"
COPY scripts/licences.py scripts/licences.py
RUN PYTHONPATH=. /opt/nameplate/bin/python scripts/licences.py --texts NOTICES.txt

FROM python:3.12-slim-trixie
# Reports as PDF, and `nameplate backup | restore`: PostgreSQL's programs of the same major
# version as docker-compose.yml's database. An older pg_dump refuses a newer server, and what
# a newer one writes sets what an older server does not know.
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends \
    fonts-dejavu-core fonts-liberation libharfbuzz-subset0 libpangoft2-1.0-0 \
    postgresql-client-17 \
 && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home --uid 10001 nameplate \
 && install -d -o nameplate /var/lib/nameplate /var/cache/nameplate /backups \
    /run/nameplate /run/prometheus /run/agent
COPY --from=build /opt/nameplate /opt/nameplate
COPY --from=build --chown=nameplate /src /src
USER nameplate
WORKDIR /src
ENV PATH=/opt/nameplate/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    NAMEPLATE_CACHE_DIR=/var/lib/nameplate/cache \
    NAMEPLATE_ACCESS=tokens \
    NUMBA_CACHE_DIR=/var/cache/nameplate \
    NAMEPLATE_DATABASE_URL=sqlite:////var/lib/nameplate/nameplate.db
VOLUME /var/lib/nameplate /var/cache/nameplate
EXPOSE 8050
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=4 \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8050/healthz', timeout=4)"]
CMD ["nameplate", "serve", "--host", "0.0.0.0", "--port", "8050", "--no-open"]
