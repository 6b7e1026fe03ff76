/** Version of the engine that writes a checkpoint; kept in its manifest. */
export const ENGINE_VERSION = '0.1.0';
