import { createServices } from '../compose.ts';
import { runProcess } from './process.ts';

await runProcess(() => ({
  ...createServices(),
  gateway: {
    async serve(request) {
      const { serve } = await import('../gateway/server.ts');
      await serve(request);
    },
  },
}));
