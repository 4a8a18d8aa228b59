# The dashboard on a Supabase project, or with MASTERY_HOME on a volume on its own database. docs/deploy.md says how to run it.
FROM python:3.13-slim

WORKDIR /app
RUN useradd --create-home mastery && mkdir /data && chown mastery /data
COPY requirements.txt .
# Up to the product's own packages: what follows them are tests and checks.
RUN sed '/^# Its tests/,$d' requirements.txt > product.txt && pip install --no-cache-dir -r product.txt && rm product.txt
COPY dashboard.py ./
COPY .streamlit .streamlit
COPY mastery_core mastery_core
COPY pages pages
COPY supabase supabase

USER mastery
ENV MASTERY_HOME=/data PYTHONUNBUFFERED=1
VOLUME /data
EXPOSE 8501
HEALTHCHECK --start-period=60s CMD ["python", "-c", "import httpx; httpx.get('http://127.0.0.1:8501/api/health').raise_for_status()"]
# One process a container: sign-ins are shared between containers by MASTERY_SESSIONS. FORWARDED_ALLOW_IPS names the proxy before it.
CMD ["uvicorn", "dashboard:app", "--host", "0.0.0.0", "--port", "8501", "--no-server-header"]
