// What the package exports, wherever it runs.
/** @module octavo */
export { advise, compare, evaluate, sensitivity } from './advise/load.js';
export type {
  AccuracyControlOptions,
  AccuracyControlReport,
  AdvisedMethod,
  AdviceReport,
  AdviseOptions,
  Judgement,
  LayerSensitivity,
  MeasuredMethod,
  Metric,
  OutputAgreement,
  SampleScore,
  ScoreOptions,
  Scorer,
  ScoreReport,
  SensitivityOptions,
  SensitivityReport,
} from './advise/options.js';
export { createEngine, defaultEngine, type Engine } from './engine.js';
/** @internal Of octavo/onnxruntime. */
export { sharedEngine } from './engine.js';
export { OctavoError, type ErrorCode, type ErrorPlace } from './error.js';
export type { ExternalData } from './external_data.js';
export { loadModel, type LoadOptions, type Model } from './model.js';
export { supportedOperators } from './operators.js';
export type {
  DynamicOptions,
  FileOptions,
  KernelChoice,
  Layer,
  LayerDistribution,
  ModelDescription,
  QuantizedPart,
  QuantizeOptions,
  StaticOptions,
  StepTime,
  SupportedOperator,
  SelectionOptions,
  TensorBytes,
  TensorScales,
  TrainingMemory,
  ValueDescription,
  WeightsOptions,
} from './native.js';
export type * from './options.js';
export { describePreprocessing } from './preprocess/describe.js';
export { findPreprocessing, rememberPreprocessing, type FoundPreprocessing } from './preprocess/find.js';
export { imageToTensor } from './preprocess/image_to_tensor.js';
export { preprocessingFor } from './preprocess/preprocessing_for.js';
export {
  preprocessingPresets,
  type Preprocessing,
  type PreprocessingName,
  type PreprocessingPreset,
} from './preprocess/preprocessing.js';
export type { RgbaImage } from './preprocess/resize.js';
export type { ModelSource } from './source.js';
export type { ModelState } from './state.js';
export type {
  Batch,
  EvaluateOptions,
  Evaluation,
  FitOptions,
  LabelledSamples,
  Labels,
  LearningOptions,
  LossName,
  LossOptions,
  OptimizerOptions,
  PrepareQatOptions,
  PrepareTrainingOptions,
  ResumeOptions,
  ScheduleOptions,
  TrainedWeights,
  TrainingStep,
} from './train/options.js';
export type { Trainer } from './train/trainer.js';
export { Tensor, type Feeds, type TensorData, type TensorLike, type TensorType } from './tensor.js';
