import type { CreateNativeModule } from '../host.js';
declare const createModule: CreateNativeModule;
export default createModule;
