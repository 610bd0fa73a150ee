// Runs networks in the packages' own runtime (TensorFlow.js, CPU) on raw pixels.
//
//   node originals.mjs JOB.json
//
// JOB: { package: folder of the unpacked npm package, network, model: its .json, pixels: raw uint8 RGB file,
// shape: [N, H, W, 3], out: file }. Writes { name: { shape, data: [numbers] } }. The preparation of the pixels
// below is that of the packages (human: face/blazeface.ts, gear/emotion.ts; face-api does its own), but for
// faceres, which is fed blue, green, red minus the mean, as its training was.

import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const job = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));

// The bundles are built for browsers: seeing Node, they reach for parts that the bundler left out.
async function load(file) {
  const node = globalThis.process;
  delete globalThis.process;
  globalThis.window = globalThis;
  globalThis.document = { createElement: () => ({ getContext: () => null }) };
  globalThis.navigator ??= { userAgent: '' };
  const bundle = await import(pathToFileURL(path.join(job.package, file)).href);
  globalThis.process = node;
  return bundle;
}

function arrayBuffer(file) {
  const bytes = fs.readFileSync(file);
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
}

function weightData(specs) {
  const folder = path.dirname(job.model);
  return arrayBuffer(path.join(folder, specs[0].paths[0]));
}

async function graphModel(tf) {
  const document = JSON.parse(fs.readFileSync(job.model, 'utf8'));
  for (const node of document.modelTopology.node) {
    if (node.op !== 'Placeholder') continue;
    for (const dim of node.attr.shape.shape.dim.slice(0, 3)) dim.size = '-1'; // any batch, any size
  }
  return tf.loadGraphModel(tf.io.fromMemory({
    modelTopology: document.modelTopology,
    weightSpecs: document.weightsManifest[0].weights,
    weightData: weightData(document.weightsManifest),
  }));
}

const heads = 'StatefulPartitionedCall/functional_1/';
const prepare = {
  back: (tf, x) => tf.sub(tf.div(x, 127.5), 1),
  faceres: (tf, x) => tf.sub(tf.reverse(x, 3), [103.939, 116.779, 123.68]),
  emotion: (tf, x) => {
    const grey = tf.sum(tf.mul(tf.div(x, 255), [0.2989, 0.5870, 0.1140]), 3, true);
    return tf.mul(tf.sub(grey, 0.5), 2);
  },
};
const nodes = {
  back: {
    scores_16: `${heads}conv2d_33/BiasAdd`,
    scores_32: `${heads}conv2d_34/BiasAdd`,
    regressions_16: `${heads}conv2d_35/BiasAdd`,
    regressions_32: `${heads}conv2d_36/BiasAdd`,
  },
  faceres: { gender: 'gender_pred/Sigmoid', descriptor: 'global_pooling/Mean', ages: 'age_pred/Softmax' },
  emotion: {
    logits: 'StatefulPartitionedCall/model_1/global_average_pooling2d_1/Mean',
    probabilities: 'StatefulPartitionedCall/model_1/predictions/Softmax',
  },
};

async function runGraphModel(pixels) {
  const tf = await load('dist/tfjs.esm.js');
  await tf.setBackend('cpu');
  const model = await graphModel(tf);
  const input = prepare[job.network](tf, tf.tensor4d(Float32Array.from(pixels), job.shape));
  const names = Object.keys(nodes[job.network]);
  const outputs = model.execute(input, names.map((name) => nodes[job.network][name]));
  return Object.fromEntries(names.map((name, i) => [name, outputs[i]]));
}

async function runFaceApi(pixels) {
  const faceapi = await load('dist/face-api.esm.js');
  const { tf } = faceapi;
  await tf.setBackend('cpu');
  const specs = JSON.parse(fs.readFileSync(job.model, 'utf8'));
  const weights = tf.io.decodeWeights(weightData(specs), specs[0].weights);
  const net = job.network === 'agegender' ? new faceapi.AgeGenderNet() : new faceapi.FaceExpressionNet();
  net.loadFromWeightMap(weights);
  const input = new faceapi.NetInput([tf.tensor4d(Float32Array.from(pixels), job.shape)]);
  if (job.network === 'agegender') return net.forwardInput(input);
  return { logits: net.runNet(input), probabilities: net.forwardInput(input) };
}

const pixels = fs.readFileSync(job.pixels);
const outputs = await (job.network in nodes ? runGraphModel(pixels) : runFaceApi(pixels));
const written = Object.entries(outputs).map(([name, t]) => [name, { shape: t.shape, data: Array.from(t.dataSync()) }]);
fs.writeFileSync(job.out, JSON.stringify(Object.fromEntries(written)));
