// The AWS SDK for JavaScript as a child process: one line of JSON on standard input is one call, and its outcome is
// one line of JSON on standard output. Nothing of the client is set but where it finds the service.
'use strict';

const { readFileSync } = require('node:fs');
const { createInterface } = require('node:readline');
const sdk = require('@aws-sdk/client-rekognition');

const client = new sdk.RekognitionClient({ endpoint: process.argv[2], region: 'us-east-1' });

async function outcome({ operation, input, bytes }) {
  if (bytes) input.Image = { ...input.Image, Bytes: readFileSync(bytes) };
  try {
    const { $metadata, ...output } = await client.send(new sdk[`${operation}Command`](input));
    return { output, status: $metadata.httpStatusCode, requestId: $metadata.requestId };
  } catch (error) {
    const kind = sdk[error.name];
    return {
      error: error.name,
      typed: typeof kind === 'function' && error instanceof kind,
      message: error.message,
      fault: error.$fault,
      status: error.$metadata?.httpStatusCode,
      requestId: error.$metadata?.requestId,
      attempts: error.$metadata?.attempts,
    };
  }
}

async function main() {
  for await (const line of createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(await outcome(JSON.parse(line)))}\n`);
  }
}

main();
