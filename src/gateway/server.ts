import { BoltsealError } from '../core/errors.ts';
import type { ServeRequest } from './serve-request.ts';

/** Opens the stores, builds the server, listens until it is told to stop. Fails as `Services.gateway.serve`. */
export async function serve(request: ServeRequest): Promise<void> {
  throw new BoltsealError('GATEWAY_LISTEN', { host: request.host, port: request.port, reason: 'not built yet' });
}
