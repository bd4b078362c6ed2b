import rxjs from "eslint-plugin-rxjs-x";
import { config, configs } from "typescript-eslint";

export default config(
  // Scripts have no types to check.
  { ignores: ["**/*.mjs"] },
  ...configs.strictTypeChecked,
  rxjs.configs.strict,
  {
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      // Numbers and booleans in template strings are intended.
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
      // A caught error is rethrown as it is, whatever its type.
      "rxjs-x/throw-error": "off",
      // A rejection passes on a caught error as it is, too.
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
