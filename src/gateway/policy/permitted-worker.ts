/* One thread that asks what a text of policies permits. */
import { parentPort, workerData } from 'node:worker_threads';
import { findPermitted } from './permitted.ts';
import { readPolicies } from './read-policies.ts';

parentPort?.postMessage(findPermitted(readPolicies(String(workerData))));
