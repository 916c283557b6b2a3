import { createServices } from '../compose.ts';
import { runProcess } from './process.ts';

await runProcess(createServices);
