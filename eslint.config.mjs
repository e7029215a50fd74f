import eslint from '@eslint/js';
import globals from 'globals';
import { defineConfig, globalIgnores } from 'eslint/config';
import typescript from 'typescript-eslint';

export default defineConfig(
  globalIgnores([
    '**/dist/',
    '**/node_modules/',
    'build/',
    '.tools/',
    '**/*.d.mts',
    '**/*.d.ts',
    '**/*.d.wasm.ts',
    '**/test-results/',
    '**/playwright-report/',
  ]),
  eslint.configs.recommended,
  {
    files: ['**/*.{ts,tsx,mts}'],
    extends: [typescript.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      // The compiler knows what is declared, and each platform's globals.
      'no-undef': 'off',
    },
  },
  {
    files: ['**/*.{js,mjs}'],
    // Tools and tests run in Node; functions that they send into a page run in the browser.
    languageOptions: { globals: { ...globals.node, ...globals.browser } },
  },
  {
    rules: {
      'no-restricted-syntax': [
        'error',
        { selector: 'Program > ExportDefaultDeclaration', message: 'Export by name.' },
      ],
      'prefer-const': 'error',
      eqeqeq: 'error',
    },
  },
  {
    // Tools that read their configuration want a default export, and `import ort from 'onnxruntime-web'` does.
    files: ['**/*.config.{js,mjs,ts,mts}', 'web/package/src/onnxruntime/*.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
);
