/** The same port, with some of its calls replaced. */
export const around = <Port extends object>(port: Port, calls: Partial<Port>): Port =>
  Object.assign(Object.create(port) as Port, calls);
