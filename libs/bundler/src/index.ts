export { BundleError, bundleJob, type JobBundle } from './bundle-job.js';
