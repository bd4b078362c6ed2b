import rxjs from "eslint-plugin-rxjs-x";
import { config, configs } from "typescript-eslint";

export default config(
  // Scripts have no types that could be checked.
  { ignores: ["**/*.mjs"] },
  ...configs.strictTypeChecked,
  rxjs.configs.strict,
  {
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      // A number or a boolean in a template string reads well, and is meant.
      "@typescript-eslint/restrict-template-expressions": [
        "error",
        { allowNumber: true, allowBoolean: true, allowNullish: false },
      ],
      "@typescript-eslint/no-confusing-void-expression": "off",
      "@typescript-eslint/no-unnecessary-type-parameters": "off",
      "rxjs-x/prefer-observer": "off",
      "@typescript-eslint/no-unused-vars": [
        "error",
        { varsIgnorePattern: "^_", argsIgnorePattern: "^_", destructuredArrayIgnorePattern: "^_" },
      ],
      // What `catchError` was handed is passed on as it is, whatever it is.
      "rxjs-x/throw-error": "off",
      // An Abandon is an Error; what `catchError` was handed is passed on as it is.
      "@typescript-eslint/prefer-promise-reject-errors": "off",
    },
  },
  {
    files: ["spec/**"],
    rules: {
      "@typescript-eslint/no-non-null-assertion": "off",
      "rxjs-x/no-ignored-subscription": "off",
      "rxjs-x/no-nested-subscribe": "off",
    },
  },
);
